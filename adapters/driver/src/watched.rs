//! A value that futures can wait on.

use core::fmt;
use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A value with the wakers of those who wait for it to change.
pub(crate) struct Watched<S> {
    inner: Mutex<Inner<S>>,
}

struct Inner<S> {
    value: S,
    /// One entry per waiting future, so that a future that is polled by many tasks,
    /// or dropped, leaves nothing behind.
    wakers: Vec<(u64, Waker)>,
    next: u64,
}

impl<S> Watched<S> {
    pub(crate) const fn new(value: S) -> Self {
        let inner = Inner {
            value,
            wakers: Vec::new(),
            next: 0,
        };
        Self {
            inner: Mutex::new(inner),
        }
    }

    /// Looks at the value.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        look(&self.lock().value)
    }

    /// Changes the value. The wakers of all who wait go to `wakers`: the caller wakes
    /// them when he holds no lock any more, because waking may run foreign code.
    pub(crate) fn update(&self, wakers: &mut Vec<Waker>, change: impl FnOnce(&mut S)) {
        let mut inner = self.lock();
        change(&mut inner.value);
        wakers.extend(inner.wakers.drain(..).map(|(_, waker)| waker));
    }

    /// Waits until `check` finds what it looks for. It looks at each change and at
    /// each poll.
    pub(crate) fn wait<T, F>(self: &Arc<Self>, check: F) -> Wait<S, F>
    where
        F: FnMut(&S) -> Option<T> + Unpin,
    {
        Wait {
            watched: Arc::clone(self),
            registration: None,
            check,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<S>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Default> Default for Watched<S> {
    fn default() -> Self {
        Self::new(S::default())
    }
}

impl<S: fmt::Debug> fmt::Debug for Watched<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read(|value| value.fmt(f))
    }
}

/// See [`Watched::wait`].
pub(crate) struct Wait<S, F> {
    watched: Arc<Watched<S>>,
    registration: Option<u64>,
    check: F,
}

impl<S, F, T> Future for Wait<S, F>
where
    F: FnMut(&S) -> Option<T> + Unpin,
{
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let this = &mut *self;
        // Cloned before the lock is taken and dropped after it is given back: both
        // may run foreign code.
        let mut waker = cx.waker().clone();
        let mut inner = this.watched.lock();
        if let Some(found) = (this.check)(&inner.value) {
            drop(inner);
            return Poll::Ready(found);
        }
        let id = *this.registration.get_or_insert_with(|| {
            inner.next += 1;
            inner.next
        });
        match inner.wakers.iter_mut().find(|(known, _)| *known == id) {
            Some((_, known)) => mem::swap(known, &mut waker),
            None => inner.wakers.push((id, waker.clone())),
        }
        drop(inner);
        Poll::Pending
    }
}

impl<S, F> Drop for Wait<S, F> {
    fn drop(&mut self) {
        let Some(id) = self.registration else { return };
        let mut inner = self.watched.lock();
        let position = inner.wakers.iter().position(|(known, _)| *known == id);
        let waker = position.map(|position| inner.wakers.swap_remove(position));
        drop(inner);
        drop(waker);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::pin::pin;

    fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_change_wakes_and_the_check_decides() {
        let watched = Arc::new(Watched::new(0));
        let mut wakers = Vec::new();
        let mut wait = pin!(watched.wait(|value| (*value > 1).then_some(*value)));
        assert_eq!(poll(wait.as_mut()), Poll::Pending);
        watched.update(&mut wakers, |value| *value = 1);
        assert_eq!(wakers.len(), 1);
        assert_eq!(poll(wait.as_mut()), Poll::Pending);
        watched.update(&mut wakers, |value| *value = 2);
        assert_eq!(wakers.len(), 2);
        assert_eq!(poll(wait.as_mut()), Poll::Ready(2));
    }

    #[test]
    fn neither_repeated_polls_nor_dropped_futures_pile_up() {
        let watched = Arc::new(Watched::new(()));
        for _ in 0..3 {
            let mut wait = watched.wait(|()| None::<()>);
            for _ in 0..3 {
                assert_eq!(poll(Pin::new(&mut wait)), Poll::Pending);
            }
            assert_eq!(watched.lock().wakers.len(), 1);
            drop(wait);
            assert_eq!(watched.lock().wakers.len(), 0);
        }
    }
}
