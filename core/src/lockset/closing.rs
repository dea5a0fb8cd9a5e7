//! The end of a set: give everything back, and wait for it within a bound.

use super::LockSet;
use crate::event::{AcquireFailure, Closed, Event};
use crate::lock::Phase;
use crate::node::NodeSet;
use crate::release::Release;
use crate::slab::Slab;
use crate::time::Instant;
use crate::timers::Timers;

/// Whether the set is open, and until when it may flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Closing {
    Done,
    No,
    Until(Instant),
}

impl LockSet {
    /// Ends everything: acquisitions fail with `Closed`, held locks are released,
    /// and [`Event::Closed`] follows as soon as every node has confirmed every
    /// release, or at `deadline`.
    pub fn close(&mut self, now: Instant, deadline: Instant) {
        self.advance(now);
        if self.closing != Closing::No {
            return;
        }
        // who queues goes first, so that nobody is called to the head of a line
        for place in self.locks.places() {
            if let Some(id) = self.locks.id_at(place)
                && let Some(Phase::Queued(_)) = self.locks.get(id).map(|lock| lock.phase)
            {
                self.fail_queued(id, Some(AcquireFailure::Closed));
            }
        }
        for place in self.locks.places() {
            let Some(id) = self.locks.id_at(place) else {
                continue;
            };
            self.expire(id);
            match self.locks.get(id).map(|lock| lock.phase) {
                Some(Phase::Acquiring(round)) => {
                    self.clean_up(id, round);
                    self.fail(id, round, AcquireFailure::Closed);
                }
                Some(Phase::Waiting(_)) => self.fail_after_last(id, Some(AcquireFailure::Closed)),
                Some(Phase::Held(tenure)) => self.end_tenure(id, tenure, Some(false)),
                Some(Phase::Lost(tenure)) => self.end_tenure(id, tenure, Some(true)),
                Some(Phase::Queued(_)) | None => {}
            }
        }
        // only now: a release that is done at once must not end the set before every
        // lock has had its turn
        self.closing = Closing::Until(deadline);
        // at once only where nothing is to be sent: a deadline of now still gives the
        // releases their way out
        if self.releases.len() == 0 {
            self.try_close();
        }
    }

    /// Whether [`Event::Closed`] was queued: nothing is sent any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closing == Closing::Done
    }

    /// Tells that the set is closed, as soon as it is.
    pub(super) fn try_close(&mut self) {
        let Closing::Until(deadline) = self.closing else {
            return;
        };
        if self.releases.len() > 0 && self.now < deadline {
            return;
        }
        self.closing = Closing::Done;
        let owing = self.releases.values().map(Release::unconfirmed);
        let unconfirmed = owing.fold(self.nodes.keeping(self.now), NodeSet::union);
        self.report_all();
        // nothing is sent any more: what is left, the TTLs free
        self.releases = Slab::new();
        self.release_timers = Timers::default();
        self.line_timers = Timers::default();
        self.emit(Event::Closed(Closed { unconfirmed }));
    }
}
