//! The life of the connection to one node: connect, shake hands, watch, try again.

use alloc::collections::VecDeque;

use crate::client::Errand;
use crate::command::Ticket;
use crate::config::{NodeConfig, Timing};
use crate::random::Random;
use crate::replication::Replication;
use crate::reply::Answer;
use crate::session::Session;
use crate::time::Instant;

/// A node's session and what surrounds it.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) session: Session<Errand>,
    pub(crate) phase: LinkPhase,
    /// Grants whose replicas are being asked for: the next answers say how many have heard
    /// of them, in this order.
    pub(crate) granted: VecDeque<(Ticket, Answer)>,
    /// Connections that failed since the last one that got through.
    failures: u32,
    /// When the last handshake was done.
    ready_since: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkPhase {
    /// The adapter was told to connect; a deadline runs.
    Connecting,
    /// The session shakes hands; the same deadline runs.
    Greeting,
    /// In use.
    Ready,
    /// Closed for good.
    Shut,
    /// In use, but it owes an answer for too long.
    Stalled,
    /// Between two connections.
    Waiting,
}

/// What a link's timer has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkDuty {
    /// The pause is over.
    Connect,
    /// It took too long; the words say what.
    Disconnect(&'static str),
    /// Nothing yet, look again then.
    LookAt(Instant),
    /// Ask the quiet server.
    Ping,
    /// It owes an answer for too long.
    Stalled,
}

impl Link {
    pub(crate) fn new(
        config: NodeConfig,
        limits: quorlock_resp::Limits,
        replication: Option<Replication>,
    ) -> Self {
        Self {
            session: Session::new(config, limits).waiting_for(replication),
            phase: LinkPhase::Waiting,
            granted: VecDeque::new(),
            failures: 0,
            ready_since: Instant::NEVER,
        }
    }

    /// Whether a transport stands or is being set up.
    pub(crate) const fn is_open(&self) -> bool {
        !matches!(self.phase, LinkPhase::Shut | LinkPhase::Waiting)
    }

    /// The connection failed: when to try the next one. Where the server refuses us
    /// for good the longest pause is taken at once.
    pub(crate) fn fail(
        &mut self,
        now: Instant,
        permanent: bool,
        timing: &Timing,
        random: &mut Random,
    ) -> Instant {
        // a server that shakes hands and is of no use then is not to be hammered: only
        // a connection that has lasted makes good for those that failed
        let lasted = self.ready_since + timing.reconnect.longest <= now;
        if matches!(self.phase, LinkPhase::Ready | LinkPhase::Stalled) && lasted {
            self.failures = 0;
        }
        self.phase = LinkPhase::Waiting;
        self.failures = if permanent {
            u32::MAX
        } else {
            self.failures.saturating_add(1)
        };
        now + random.jitter(timing.reconnect.pause(self.failures))
    }

    /// The handshake is done, or the node answers again.
    pub(crate) fn succeed(&mut self, now: Instant) {
        if self.phase == LinkPhase::Greeting {
            self.ready_since = now;
        }
        self.phase = LinkPhase::Ready;
    }

    /// What is due at `now`.
    pub(crate) fn duty(&self, now: Instant, timing: &Timing) -> LinkDuty {
        match self.phase {
            LinkPhase::Connecting => LinkDuty::Disconnect("the connection took too long"),
            LinkPhase::Greeting => LinkDuty::Disconnect("the handshake took too long"),
            LinkPhase::Waiting => LinkDuty::Connect,
            LinkPhase::Shut => LinkDuty::LookAt(Instant::NEVER),
            LinkPhase::Ready | LinkPhase::Stalled => self.health(now, timing),
        }
    }

    fn health(&self, now: Instant, timing: &Timing) -> LinkDuty {
        if self.session.has_untaken() {
            // what nobody has taken to write is owed by nobody
            return LinkDuty::LookAt(now + timing.stall_after);
        }
        let Some(since) = self.session.waiting_since() else {
            let ping_at = self.session.heard() + timing.ping_after;
            return if ping_at <= now {
                LinkDuty::Ping
            } else {
                LinkDuty::LookAt(ping_at)
            };
        };
        let (stalled_at, cut_at) = (since + timing.stall_after, since + timing.stall_limit);
        if cut_at <= now {
            LinkDuty::Disconnect("no answer for too long")
        } else if stalled_at > now {
            LinkDuty::LookAt(stalled_at)
        } else if self.phase == LinkPhase::Ready {
            LinkDuty::Stalled
        } else {
            LinkDuty::LookAt(cut_at)
        }
    }

    /// Whether a stalled node has answered enough to be asked again.
    pub(crate) fn has_recovered(&self, now: Instant, timing: &Timing) -> bool {
        let since = self.session.waiting_since();
        self.phase == LinkPhase::Stalled && since.is_none_or(|at| at + timing.stall_after > now)
    }
}
