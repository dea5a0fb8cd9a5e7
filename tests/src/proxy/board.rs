//! Where the tests write what the proxy's thread shall do, and wait until it does.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::{Cut, Door, Link};

/// The rules in force.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Orders {
    pub(super) cut: Option<Cut>,
    pub(super) door: Door,
    pub(super) stop: bool,
    pub(super) to_client: Link,
    pub(super) to_server: Link,
}

/// What the thread has seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    pub(super) accepted: u64,
    pub(super) open: usize,
}

#[derive(Debug, Default)]
struct State {
    orders: Orders,
    figures: Figures,
    /// Counts the changes that were written.
    written: u64,
    /// The last change the thread has carried out.
    done: u64,
    /// The thread has ended, by order or by panic.
    ended: bool,
}

#[derive(Debug)]
pub(super) struct Board {
    state: Mutex<State>,
    carried_out: Condvar,
    bell: UnixStream,
}

/// The thread's end of the bell: readable when there is something new on the board.
#[derive(Debug)]
pub(super) struct Waker(pub(super) UnixStream);

impl Board {
    pub(super) fn new() -> (Self, Waker) {
        let (bell, waker) = UnixStream::pair().expect("a socket pair");
        bell.set_nonblocking(true)
            .expect("a bell that never blocks");
        waker
            .set_nonblocking(true)
            .expect("a waker that never blocks");
        let board = Self {
            state: Mutex::default(),
            carried_out: Condvar::new(),
            bell,
        };
        (board, Waker(waker))
    }

    /// Writes a change and returns when the thread works by it.
    pub(super) fn change(&self, write: impl FnOnce(&mut Orders)) {
        let mut state = self.lock();
        write(&mut state.orders);
        state.written += 1;
        let mine = state.written;
        // A full bell has rung already.
        let _ = (&self.bell).write(&[1]);
        while state.done < mine && !state.ended {
            state = self
                .carried_out
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        assert!(
            state.done >= mine || state.orders.stop,
            "the proxy's thread has panicked"
        );
    }

    pub(super) fn stop(&self) {
        self.change(|orders| orders.stop = true);
    }

    pub(super) fn figures(&self) -> Figures {
        self.lock().figures
    }

    /// The orders in force from now on, with the number to report them by. A cut is handed out once.
    pub(super) fn read(&self, waker: &Waker) -> (Orders, u64) {
        let mut rings = [0; 64];
        while (&waker.0)
            .read(&mut rings)
            .is_ok_and(|count| count == rings.len())
        {}
        let mut state = self.lock();
        let orders = state.orders;
        state.orders.cut = None;
        (orders, state.written)
    }

    /// The thread has worked by the orders of this number.
    pub(super) fn report(&self, number: u64, figures: Figures) {
        let mut state = self.lock();
        state.figures = figures;
        state.done = number;
        self.carried_out.notify_all();
    }

    /// The thread ends: nobody waits for it any longer.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.carried_out.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
