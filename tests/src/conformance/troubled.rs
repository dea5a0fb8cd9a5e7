//! A runtime with troubles of its own: its tasks are not run for a while, its wall clock jumps.

use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Poll, Waker};
use core::time::Duration;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime};

use quorlock_driver::{Address, Runtime, Stream, Task, Timer};

/// Passes everything on to a real runtime, unless told otherwise.
#[derive(Clone, Debug)]
pub(super) struct Troubled {
    inner: Arc<dyn Runtime>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    frozen: bool,
    /// Those of the tasks that wanted to run meanwhile.
    wakers: Vec<Waker>,
    wall_ahead: Duration,
}

impl Troubled {
    pub(super) fn new(inner: &Arc<dyn Runtime>) -> Self {
        Self {
            inner: Arc::clone(inner),
            state: Arc::default(),
        }
    }

    /// From now on no task that was spawned here is run.
    pub(super) fn freeze(&self) {
        self.state.lock().unwrap().frozen = true;
    }

    /// All tasks run again.
    pub(super) fn thaw(&self) {
        let mut state = self.state.lock().unwrap();
        state.frozen = false;
        let wakers = core::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// The machine sleeps for `span`: the wall clock goes on, the monotonic one does not.
    pub(super) fn suspend(&self, span: Duration) {
        self.state.lock().unwrap().wall_ahead += span;
    }
}

#[async_trait::async_trait]
impl Runtime for Troubled {
    async fn connect(&self, address: &Address) -> io::Result<Box<dyn Stream>> {
        self.inner.connect(address).await
    }

    fn spawn(&self, mut task: Task) {
        let state = Arc::clone(&self.state);
        self.inner.spawn(Box::pin(poll_fn(move |cx| {
            let mut state = state.lock().unwrap();
            if state.frozen {
                state.wakers.push(cx.waker().clone());
                return Poll::Pending;
            }
            drop(state);
            task.as_mut().poll(cx)
        })));
    }

    fn timer(&self, at: Instant) -> Pin<Box<dyn Timer>> {
        self.inner.timer(at)
    }

    fn now(&self) -> Instant {
        self.inner.now()
    }

    fn wall(&self) -> SystemTime {
        self.inner.wall() + self.state.lock().unwrap().wall_ahead
    }
}
