//! A timer that is made when it is first needed.

use core::pin::Pin;
use core::task::{Context, Poll};
use std::time::Instant;

use crate::runtime::{Runtime, Timer};

/// At most one timer, and when it is due.
#[derive(Default)]
pub(crate) struct Alarm {
    set: Option<(Pin<Box<dyn Timer>>, Instant)>,
}

impl Alarm {
    /// Ready when `at` has come by the timer, which is spent then; registers the waker if
    /// not. May be set to another time with each call.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        runtime: &dyn Runtime,
        at: Instant,
    ) -> Poll<()> {
        let (timer, due) = self.set.get_or_insert_with(|| (runtime.timer(at), at));
        if *due != at {
            timer.as_mut().reset(at);
            *due = at;
        }
        let fired = timer.as_mut().poll(cx);
        if fired.is_ready() {
            self.set = None;
        }
        fired
    }
}
