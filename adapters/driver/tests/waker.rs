//! The client's task can be woken from before it looks for work until it does so again.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use core::fmt;
use core::future::{self, Future};
use core::pin::Pin;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker};
use std::io;
use std::sync::{Arc, Mutex};
use std::task::Wake;
use std::time::Instant;

use quorlock_driver::{Address, Builder, Runtime, Stream, Task, Timer};

/// Done while the task polls its timer, which is the last thing that it does before it sleeps.
type Interruption = Box<dyn FnOnce() + Send>;

/// A runtime that connects to nothing and leaves its task to be polled by hand.
#[derive(Default)]
struct ByHand {
    task: Mutex<Option<Task>>,
    interruption: Arc<Mutex<Option<Interruption>>>,
}

impl fmt::Debug for ByHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByHand")
    }
}

#[async_trait::async_trait]
impl Runtime for ByHand {
    async fn connect(&self, _: &Address) -> io::Result<Box<dyn Stream>> {
        future::pending().await
    }

    fn spawn(&self, task: Task) {
        *self.task.lock().unwrap() = Some(task);
    }

    fn timer(&self, _: Instant) -> Pin<Box<dyn Timer>> {
        Box::pin(Interrupted(Arc::clone(&self.interruption)))
    }
}

/// A timer that is never due.
struct Interrupted(Arc<Mutex<Option<Interruption>>>);

impl Timer for Interrupted {
    fn reset(self: Pin<&mut Self>, _: Instant) {}

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let interruption = self.0.lock().unwrap().take();
        if let Some(interrupt) = interruption {
            interrupt();
        }
        Poll::Pending
    }
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn an_order_that_comes_after_the_task_has_looked_wakes_it() {
    let runtime = Arc::new(ByHand::default());
    let shared: Arc<dyn Runtime> = Arc::clone(&runtime) as _;
    let client = Builder::new(move || Ok(shared))
        .nodes(["redis://127.0.0.1:1"])
        .unwrap()
        .build()
        .unwrap();
    let mut task = runtime.task.lock().unwrap().take().unwrap();
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));

    let mut acquisition = Box::pin(async move { client.lock("key").try_acquire().await.is_ok() });
    let order = move || {
        let mut cx = Context::from_waker(Waker::noop());
        assert!(acquisition.as_mut().poll(&mut cx).is_pending());
        // dropping it would cancel it: another order
        core::mem::forget(acquisition);
    };
    *runtime.interruption.lock().unwrap() = Some(Box::new(order));

    let poll = task.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(poll.is_pending());
    assert!(
        runtime.interruption.lock().unwrap().is_none(),
        "the task has slept"
    );
    assert_eq!(woken.0.load(Ordering::Relaxed), 1, "times woken");
}
