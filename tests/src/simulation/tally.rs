//! What a run has seen: a sweep that has not seen enough has shown nothing.

use core::time::Duration;

use quorlock_core::{AcquireFailure, Event, Problem, Verdict};

use super::wire::{self, Ask, Request};

macro_rules! tally {
    ($($(#[doc = $doc:literal])* $name:ident: $words:literal,)*) => {
        /// How often what happened.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Tally {
            $($(#[doc = $doc])* pub $name: u64,)*
            /// Virtual time.
            pub span: Duration,
            /// A hash of every byte that was sent and every event that was told, with their times, whatever the order
            /// of those at one time.
            pub digest: u64,
        }

        impl Tally {
            /// Adds another run.
            pub fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)*
                self.span += other.span;
                self.digest = self.digest.wrapping_add(other.digest);
            }

            /// The counts with their names, in the order of a table.
            #[must_use]
            pub fn rows(&self) -> Vec<(&'static str, u64)> {
                vec![$(($words, self.$name),)*]
            }
        }
    };
}

tally! {
    /// Locks that were granted.
    acquired: "acquired",
    /// Those among them that were for two keys.
    several: "of two keys",
    /// Acquisitions that failed because others held the lock.
    contended: "contended",
    /// Acquisitions that failed for want of nodes, or at their deadline.
    unreachable: "unreachable, late",
    /// Acquisitions and locks that their application dropped.
    cancelled: "cancelled",
    /// Leases that were renewed.
    extended: "extended",
    /// Extensions that failed.
    extend_failed: "extensions failed",
    /// Nodes that got a key again that they had lost.
    healed: "healed",
    /// Locks that were lost.
    lost: "lost",
    /// Releases that were verified.
    verified: "releases verified",
    /// Releases of what had been lost earlier.
    expired_earlier: "expired earlier",
    /// Releases without enough answers.
    unverified: "releases unverified",
    /// Commands that were executed after their connection had ended.
    late: "executed late",
    /// Releases among them.
    late_releases: "releases executed late",
    /// Commands that came to a node a second time, and were executed again.
    repeated: "executed again",
    /// Releases that found another owner's key, and left it.
    foreign_releases: "releases of another's key",
    /// Acquires refused, and nodes not asked, because the node may have forgotten.
    guarded: "guarded refusals",
    /// Acquires refused because their token was not above the node's counter.
    outbid: "outbid",
    /// Acquires refused because somebody who came earlier waited.
    behind: "behind another's turn",
    /// Keys that passed to another lock of the same client.
    handed_over: "handed over",
    /// Writes that the storage accepted.
    writes: "writes",
    /// Writes that it refused because of their token.
    stale_writes: "stale writes refused",
    /// Connections that broke.
    cuts: "connections cut",
    /// Messages that waited for a partition or a clog to end.
    held_back: "held back",
    /// Clients that crashed.
    client_crashes: "client crashes",
    /// Those among them that waited for a lock.
    crashed_waiters: "crashed while waiting",
    /// Clients and nodes that stood still.
    pauses: "pauses",
    /// Nodes that crashed.
    restarts: "node restarts",
    /// Those among them that lost keys, or found old ones; and nodes that were flushed.
    amnesia: "nodes that forgot",
    /// Replicas that took a node's place.
    failovers: "failovers",
    /// Those among them that had not heard of everything.
    failovers_that_lose: "failovers that lose",
    /// Times that enough replicas had heard of what a client asked about.
    heard: "heard by replicas",
    /// Times that they were too few.
    unheard: "unheard by replicas",
    /// Questions that a node of a cluster has passed on to who has the slot.
    moved: "redirected by moved",
    /// Questions that it has passed on to where the slot was on its way.
    asked: "redirected by ask",
    /// Questions about keys of which some had moved.
    tried_again: "to be tried again",
    /// Slots that moved.
    slots_moved: "slots moved",
    /// Those among them whose lock was held.
    moved_held: "slots moved while held",
    /// Nodes that left the cluster.
    removed: "nodes removed",
    /// Clocks that jumped.
    jumps: "clock jumps",
    /// Events of the simulation.
    events: "events",
}

impl Tally {
    /// Counts an event of a client.
    pub(super) fn count(&mut self, event: &Event) {
        match event {
            Event::Acquired(_) => self.acquired += 1,
            Event::AcquireFailed(failed) => match failed.reason {
                AcquireFailure::Contended { .. } => self.contended += 1,
                AcquireFailure::Closed => self.cancelled += 1,
                AcquireFailure::Deadline
                | AcquireFailure::Rejected
                | AcquireFailure::Unreachable => self.unreachable += 1,
            },
            Event::Extended(extended) => {
                self.extended += 1;
                self.healed += extended.healed.len() as u64;
            }
            Event::ExtendFailed(_) => self.extend_failed += 1,
            Event::Lost(_) => self.lost += 1,
            Event::Node(news) => {
                self.guarded += u64::from(matches!(news.problem, Some(Problem::Quarantined(_))));
            }
            Event::Released(released) => match released.verdict {
                Verdict::ExpiredEarlier => self.expired_earlier += 1,
                Verdict::Unverified { .. } => self.unverified += 1,
                Verdict::Verified => self.verified += 1,
            },
            Event::Closed(_) => {}
        }
    }

    /// Counts a request that a node has executed, or refused.
    pub(super) fn count_executed(
        &mut self,
        request: &Request,
        (code, refusal): (Option<i64>, Option<&'static str>),
        late: bool,
    ) {
        self.late += u64::from(late);
        match refusal {
            Some(wire::ASKED_THERE) => self.asked += 1,
            Some(wire::MOVED) => self.moved += 1,
            Some(wire::TRY_AGAIN) => self.tried_again += 1,
            _ => {}
        }
        match (request.ask, code) {
            (Ask::Acquire { .. } | Ask::HandOver, Some(-1)) => self.guarded += 1,
            (Ask::Acquire { .. } | Ask::HandOver, Some(-4)) => self.outbid += 1,
            (Ask::Acquire { .. }, Some(-6)) => self.behind += 1,
            (Ask::HandOver, Some(1)) => self.handed_over += 1,
            (Ask::Wait { replicas }, Some(heard)) if heard < replicas => self.unheard += 1,
            (Ask::Wait { .. }, Some(_)) => self.heard += 1,
            (Ask::Release, code) => {
                self.late_releases += u64::from(late);
                self.foreign_releases += u64::from(code == Some(-1));
            }
            _ => {}
        }
    }
}
