//! What can happen next in a world.

use core::fmt;

use quorlock_core::NodeId;

use crate::client::Client;
use crate::names::{Who, nodes};
use crate::scope::{Scope, Until};
use crate::time::instant;
use crate::world::World;

/// One step. A client that is paused needs none: nothing makes it read, or look at its timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A client asks for the lock.
    Acquire(Who),
    /// The write of a client reaches the resource.
    Arrive(Who),
    /// A connection breaks.
    Break(Who, NodeId),
    /// A client is connected to a node again.
    Connect(Who, NodeId),
    /// A node executes the next command of a client.
    Execute(Who, NodeId),
    /// A node executes what a broken connection has left behind.
    ExecuteLate(Who, NodeId),
    /// A client extends its lease.
    Extend(Who),
    /// A client reads the next answer of a node.
    Read(Who, NodeId),
    /// A client gives the lock back.
    Release(Who),
    /// A node crashes and begins again, empty.
    Restart(NodeId),
    /// A node's clock steps forward by a tick.
    Skew(NodeId),
    /// Time passes.
    Tick,
    /// A client looks at its timers, one of which is due.
    Timer(Who),
    /// A client that holds the lock sends a write to the resource.
    Write(Who),
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Acquire(who) => write!(f, "{who} asks for the lock"),
            Self::Arrive(who) => write!(f, "{who}'s write arrives"),
            Self::Break(who, node) => write!(f, "{who}'s connection to {node} breaks"),
            Self::Connect(who, node) => write!(f, "{who} is connected to {node} again"),
            Self::Execute(who, node) => write!(f, "{node} executes {who}'s command"),
            Self::ExecuteLate(who, node) => write!(f, "{node} executes what {who} left behind"),
            Self::Extend(who) => write!(f, "{who} extends"),
            Self::Read(who, node) => write!(f, "{who} reads the answer of {node}"),
            Self::Release(who) => write!(f, "{who} releases"),
            Self::Restart(node) => write!(f, "{node} RESTARTS EMPTY"),
            Self::Skew(node) => write!(f, "the clock of {node} steps forward"),
            Self::Tick => f.write_str("a tick passes"),
            Self::Timer(who) => write!(f, "{who}'s timer fires"),
            Self::Write(who) => write!(f, "{who} sends a write"),
        }
    }
}

impl World {
    /// Everything that can happen next within the scope.
    pub(crate) fn actions(&self, scope: &Scope, actions: &mut Vec<Action>) {
        if !self.has_begun(scope) {
            actions.push(Action::Acquire(Who::A));
            return;
        }
        if self.is_over(scope) {
            return;
        }
        for who in Who::ALL {
            self.intents(who, actions);
            for node in nodes() {
                self.traffic(who, node, actions);
            }
        }
        for node in nodes().filter(|node| self.is_next(*node)) {
            let ahead = self.server(node).ahead;
            if self.faults.skews > 0 && ahead < scope.faults.most_ahead {
                actions.push(Action::Skew(node));
            }
            if self.faults.restarts > 0 {
                actions.push(Action::Restart(node));
            }
        }
        if self.now < scope.horizon {
            actions.push(Action::Tick);
        }
    }

    /// A asks first, at tick 0: clients are alike, and nothing can go wrong before.
    fn has_begun(&self, scope: &Scope) -> bool {
        self.client(Who::A).left.acquire < scope.intents[Who::A.index()].acquire
    }

    /// What is left to happen can't break the claims of the run.
    fn is_over(&self, scope: &Scope) -> bool {
        let clients = || Who::ALL.iter().map(|who| self.client(*who));
        match scope.until {
            Until::LastTenure => clients().all(Client::has_done_all),
            Until::TwoHolders => {
                let now = instant(self.now);
                clients().any(|client| client.has_done_all() && !client.holds(now))
            }
        }
    }

    fn intents(&self, who: Who, actions: &mut Vec<Action>) {
        let client = self.client(who);
        let now = instant(self.now);
        let idle = client.tenure.is_none() && client.asking.is_none();
        if client.left.acquire > 0 && idle {
            actions.push(Action::Acquire(who));
        }
        if client.left.extend > 0 && client.believes() {
            actions.push(Action::Extend(who));
        }
        if client.left.release > 0 && client.tenure.is_some() {
            actions.push(Action::Release(who));
        }
        if client.left.write > 0 && client.holds(now) {
            actions.push(Action::Write(who));
        }
        if client.write.is_some() {
            actions.push(Action::Arrive(who));
        }
        if client.is_due(now) {
            actions.push(Action::Timer(who));
        }
    }

    fn traffic(&self, who: Who, node: NodeId, actions: &mut Vec<Action>) {
        let link = self.link(who, node);
        let in_flight = !link.requests.is_empty() || !link.answers.is_empty();
        if !link.answers.is_empty() {
            actions.push(Action::Read(who, node));
        }
        if !link.left_behind.is_empty() {
            actions.push(Action::ExecuteLate(who, node));
        }
        if !link.up {
            actions.push(Action::Connect(who, node));
        }
        if !self.is_next(node) {
            return;
        }
        if !link.requests.is_empty() {
            actions.push(Action::Execute(who, node));
        }
        // a connection that breaks without anything on it changes nothing that a claim is about
        if link.up && in_flight && self.faults.breaks > 0 {
            actions.push(Action::Break(who, node));
        }
    }
}
