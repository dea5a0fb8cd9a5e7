//! A client: the real lock set, and what its application has been told.

use quorlock_core::{
    AcquireRequest, Acquired, FencingToken, Instant, LockId, LockSet, MAX_NODES, NodeId, NodeState,
    Owner,
};

use crate::names::{NODES, Who};
use crate::scope::{Intents, Scope, Tokens};
use crate::server::{Answered, KEY};
use crate::time::lease;

/// A client and its application.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Client {
    pub(crate) set: LockSet,
    /// What the application may still want.
    pub(crate) left: Intents,
    /// The owner of the round that is open.
    pub(crate) asking: Option<Owner>,
    /// An extension is open.
    pub(crate) extending: bool,
    /// What the application was told that it holds, until it releases it.
    pub(crate) tenure: Option<Tenure>,
    /// A write on its way to the resource.
    pub(crate) write: Option<Write>,
    /// What each node counted when it granted, for [`Tokens::LargestIncrement`].
    grants: [u8; NODES],
}

/// A lock that was acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tenure {
    pub(crate) lock: LockId,
    /// Tenures of both clients are counted from 1.
    pub(crate) number: u8,
    pub(crate) token: u64,
    pub(crate) valid_until: Instant,
    /// `Lost` was told.
    pub(crate) lost: bool,
}

/// A write that carries the token of its tenure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Write {
    pub(crate) tenure: u8,
    pub(crate) token: u64,
}

impl Client {
    pub(crate) fn new(who: Who, scope: &Scope) -> Self {
        let set = LockSet::new(&scope.config(who), Instant::ORIGIN);
        Self {
            set: set.expect("a configuration that can work"),
            left: scope.intents[who.index()],
            asking: None,
            extending: false,
            tenure: None,
            write: None,
            grants: [0; NODES],
        }
    }

    /// Asks for the lock, in one try.
    pub(crate) fn acquire(&mut self, who: Who, now: Instant, scope: &Scope) {
        self.left.acquire -= 1;
        self.grants = [0; NODES];
        let request = AcquireRequest {
            auto_extend: false,
            ..AcquireRequest::new(KEY, lease(scope.lease[who.index()]))
        };
        let lock = self.set.acquire(now, request);
        lock.expect("a lock that can be asked for");
    }

    /// Extends the lease; a set that holds the lock no more says so at once.
    pub(crate) fn extend(&mut self, who: Who, now: Instant, scope: &Scope) {
        self.left.extend -= 1;
        if let Some(tenure) = self.tenure {
            let ttl = lease(scope.lease[who.index()]);
            self.extending = self.set.extend(now, tenure.lock, ttl).is_ok();
        }
    }

    /// Gives the lock back, or what is left of it.
    pub(crate) fn release(&mut self, now: Instant) {
        self.left.release -= 1;
        if let Some(tenure) = self.tenure.take() {
            let released = self.set.release(now, tenure.lock);
            released.expect("a lock that was acquired");
        }
    }

    /// A write leaves for the resource.
    pub(crate) fn send_write(&mut self) {
        self.left.write -= 1;
        self.write = self.tenure.map(|tenure| Write {
            tenure: tenure.number,
            token: tenure.token,
        });
    }

    /// Reads an answer.
    pub(crate) fn read(&mut self, now: Instant, node: NodeId, answered: Answered) {
        self.grants[node.index()] = answered.grants;
        self.set
            .handle_answer(now, node, answered.ticket, answered.answer);
    }

    /// The application hears that it has the lock.
    pub(crate) fn hold(&mut self, acquired: &Acquired, number: u8, scope: &Scope) {
        self.asking = None;
        let proposed = acquired.token.map_or(0, FencingToken::get);
        let counts = acquired
            .granted
            .iter()
            .map(|node| self.grants[node.index()]);
        self.tenure = Some(Tenure {
            lock: acquired.lock,
            number,
            token: match scope.tokens {
                Tokens::Proposed | Tokens::Off => proposed,
                Tokens::LargestIncrement => u64::from(counts.max().unwrap_or(0)),
            },
            valid_until: acquired.valid_until,
            lost: false,
        });
    }

    /// Time has passed. The set is told by news of a node that it does not have, which change nothing else: otherwise
    /// states would differ by nothing but when a client was last asked something.
    pub(crate) fn pass_time(&mut self, now: Instant) {
        let nowhere = NodeId::new(MAX_NODES - 1).expect("a node");
        self.set.handle_node(now, nowhere, NodeState::Connecting);
    }

    /// Believes that it holds the lock: has been told so, and nothing since.
    pub(crate) fn believes(&self) -> bool {
        self.tenure.is_some_and(|tenure| !tenure.lost)
    }

    /// Holds the lock: believes so, and its validity runs.
    pub(crate) fn holds(&self, now: Instant) -> bool {
        self.believes() && self.tenure.is_some_and(|tenure| now < tenure.valid_until)
    }

    /// Will not acquire or extend a lock any more, or write under one.
    pub(crate) fn has_done_all(&self) -> bool {
        let open = self.asking.is_some() || self.write.is_some() || self.extending;
        let may = self.left.extend > 0 || self.left.write > 0;
        self.left.acquire == 0 && !open && !(may && self.tenure.is_some())
    }

    /// Wants no lock any more.
    pub(crate) fn is_done(&self) -> bool {
        self.left.acquire == 0 && self.asking.is_none() && self.tenure.is_none()
    }

    /// Whether a timer is due.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.set.poll_timeout().is_some_and(|at| at <= now)
    }
}
