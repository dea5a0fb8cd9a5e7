//! Who is trusted with new locks: uptime, guards and clocks.

use core::time::Duration;

use bytes::Bytes;

use super::LockSet;
use super::table::Trust;
use crate::command::{Command, Terms, Ticket, Verb};
use crate::dialect::Dialect;
use crate::facts::{ClockSample, NodeFacts};
use crate::fairness::Fairness;
use crate::guard::{GUARD_KEY, QuarantineCause, RestartGuard, young_for};
use crate::node::{NodeId, NodeSet};
use crate::owner::Owner;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::server_clock::ServerClock;
use crate::server_error::ErrorKind;
use crate::slab::Id;
use crate::time::Instant;
use crate::token::Fencing;

/// Before a node is asked again whose guard could not be read.
const ARM_AGAIN: Duration = Duration::from_millis(500);

impl LockSet {
    /// What one node has to be told in a command; it may change with each connection.
    #[must_use]
    pub fn terms(&self, node: NodeId, command: &Command) -> Terms {
        let facts = self.nodes.facts(node);
        let guarded = self.guard == RestartGuard::Strict
            && matches!(command.verb(), Verb::Acquire | Verb::Arm | Verb::HandOver);
        let acquires = matches!(command.verb(), Verb::Acquire | Verb::HandOver);
        let at_risk = acquires && facts.is_some_and(|it| !it.can_kill);
        let clock = self.nodes.clock(node).filter(|_| at_risk);
        let retention = match self.fencing {
            Fencing::Off => Duration::ZERO,
            Fencing::On { retention } => retention,
        };
        Terms {
            dialect: self.dialect_of(node, command.ticket),
            life: facts.and_then(|facts| facts.run_id).filter(|_| guarded),
            max_ttl: self.max_ttl,
            not_after: clock.map(|clock| clock.at_least(command.give_up)),
            retention,
            sharded: self.topology.is_cluster(),
        }
    }

    /// How a node is asked what `ticket` is about.
    #[must_use]
    pub fn dialect_of(&self, node: NodeId, ticket: Ticket) -> Dialect {
        if ticket.several {
            Dialect::Script
        } else {
            self.dialect(node)
        }
    }

    /// How a node is asked about one key. Where it can do nothing that is needed, it is not
    /// asked.
    #[must_use]
    pub fn dialect(&self, node: NodeId) -> Dialect {
        let dialect = self.nodes.facts(node).and_then(|it| self.dialect_by(it));
        dialect.unwrap_or(Dialect::Script)
    }

    /// The cheapest dialect that does what this client asks; `None` where none does. The
    /// answer of replicas stands behind one command, and not behind a conversation.
    fn dialect_by(&self, facts: &NodeFacts) -> Option<Dialect> {
        let dialect = facts.capabilities.dialect(self.is_plain());
        dialect.filter(|it| self.replication.is_none() || *it != Dialect::Transaction)
    }

    /// Neither tokens nor guards nor queues nor redirects are asked of the nodes. A
    /// conversation of
    /// several commands can't be redirected, and a command that is tried out without a key
    /// of the node's own slots says nothing.
    fn is_plain(&self) -> bool {
        self.fencing == Fencing::Off
            && self.fairness == Fairness::Off
            && self.guard != RestartGuard::Strict
            && !self.topology.is_cluster()
    }

    /// A server's clock was read, as the answers of acquire, arm and extend tell it.
    /// To be called before the answer is handed over.
    pub fn handle_clock(&mut self, now: Instant, node: NodeId, sample: ClockSample) {
        self.advance(now);
        let drift = self.drift;
        let Some(clock) = self.nodes.clock_mut(node) else {
            return;
        };
        let Some(known) = clock else {
            *clock = Some(ServerClock::new(sample));
            return;
        };
        if let Some(by) = known.follow(sample, drift)
            && self.guard != RestartGuard::Off
        {
            self.quarantine_by_clock(node, QuarantineCause::ClockJumped(by));
        }
    }

    /// A new connection: whether the memory behind it is trusted.
    pub(super) fn admit(&mut self, node: NodeId) {
        let Some(facts) = self.nodes.facts(node).cloned() else {
            return;
        };
        self.nodes.begin_life(node, facts.run_id);
        self.node_timers.clear(node.index());
        if let Some(sample) = facts.clock {
            self.handle_clock(self.now, node, sample);
        }
        let refusal = || {
            let words = facts
                .refusal
                .as_ref()
                .map_or("nothing", |error| error.message());
            Trust::Refused(Problem::Unguardable(words.into()))
        };
        match (self.guard, facts.uptime, facts.run_id) {
            _ if self.dialect_by(&facts).is_none() => {
                self.nodes
                    .set_trust(node, Trust::Refused(Problem::NeedsScripts));
            }
            _ if self.replication.is_some()
                && let Some(error) = &facts.cannot_wait =>
            {
                let problem = Problem::CannotWait(error.message().into());
                self.nodes.set_trust(node, Trust::Refused(problem));
            }
            (RestartGuard::Off, _, _) => {}
            (RestartGuard::Uptime, _, _) if facts.first_life => self.trust(node),
            (RestartGuard::Uptime, Some(uptime), _) => {
                let left = young_for(uptime, self.max_ttl, self.drift);
                if left.is_zero() {
                    self.trust(node);
                } else {
                    self.quarantine(node, QuarantineCause::Restarted(uptime), left);
                }
            }
            (RestartGuard::Strict, _, Some(_)) => self.ask_guard(node, false),
            (RestartGuard::Strict | RestartGuard::Uptime, _, _) => {
                self.nodes.set_trust(node, refusal());
            }
        }
        if self.guard != RestartGuard::Off {
            for (node, by) in self.nodes.take_apart(self.max_ttl.as_duration() / 4) {
                self.quarantine_by_clock(node, QuarantineCause::ClockApart(by));
            }
        }
    }

    /// Asks a node whether its guard names this life of it.
    fn ask_guard(&mut self, node: NodeId, full_text: bool) {
        self.nodes.set_trust(node, Trust::Arming);
        self.commands.push_back(Command {
            ticket: Ticket {
                id: Id::of_place(0),
                round: u32::from(full_text),
                verb: Verb::Arm,
                several: false,
                from: None,
            },
            to: NodeSet::from_iter([node]),
            keys: Bytes::from_static(GUARD_KEY).into(),
            owner: Owner::new(self.client_id, 0),
            giver: None,
            queue: None,
            ttl: self.max_ttl,
            token: None,
            give_up: Instant::NEVER,
            asking: false,
            full_text,
        });
    }

    pub(super) fn on_arm_answer(&mut self, node: NodeId, ticket: Ticket, answer: Answer) {
        if self.nodes.trust(node) != Some(&Trust::Arming) {
            return;
        }
        match answer {
            Answer::Done => self.trust(node),
            Answer::Quarantined(left) => {
                self.quarantine(
                    node,
                    QuarantineCause::NotArmed,
                    left + self.drift.over(left),
                );
            }
            Answer::OtherMaxTtl(millis) => {
                let problem = Problem::OtherMaxTtl {
                    node: Duration::from_millis(millis),
                    ours: self.max_ttl,
                };
                self.refuse(node, problem, self.max_ttl.as_duration());
            }
            Answer::Failed(error) if error.kind() == ErrorKind::NoScript && ticket.round == 0 => {
                self.ask_guard(node, true);
                return;
            }
            Answer::Failed(error) => self.refuse(node, Problem::Server(error), ARM_AGAIN),
            Answer::Unsent(problem) => self.refuse(node, problem, ARM_AGAIN),
            // told by the end of the connection, or no arm is answered so
            Answer::Absent
            | Answer::Behind(_)
            | Answer::Broken
            | Answer::Foreign(_)
            | Answer::HandedOver(_)
            | Answer::Late
            | Answer::Outbid(_)
            | Answer::TooFarAhead
            | Answer::TooFewReplicas { .. }
            | Answer::Unguarded => return,
        }
        self.tell_node(node, None);
        self.on_node_change(node);
    }

    /// An acquire found that the guard is gone: the node was flushed, or promoted.
    pub(super) fn on_unguarded(&mut self, node: NodeId) {
        if self.nodes.trust(node) == Some(&Trust::Trusted) {
            self.ask_guard(node, false);
        }
    }

    /// A node's quarantine is over, or its guard is to be asked again.
    pub(super) fn on_node_timeout(&mut self, node: NodeId) {
        if !self.nodes.connected.contains(node) {
            return;
        }
        if self.guard == RestartGuard::Strict {
            self.ask_guard(node, false);
        } else {
            self.trust(node);
            self.tell_node(node, None);
        }
        self.on_node_change(node);
    }

    /// The node votes, unless what its clock did still keeps it out: neither a new
    /// connection nor a guard makes good for keys that expired early.
    fn trust(&mut self, node: NodeId) {
        match self
            .nodes
            .wrong_clock(node)
            .filter(|(_, until)| *until > self.now)
        {
            Some((cause, until)) => self.quarantine(node, cause, until.duration_since(self.now)),
            None => self.nodes.set_trust(node, Trust::Trusted),
        }
    }

    /// A clock was found wrong, whatever else is known of the node.
    fn quarantine_by_clock(&mut self, node: NodeId, cause: QuarantineCause) {
        let max_ttl = self.max_ttl.as_duration();
        let left = max_ttl + self.drift.over(max_ttl);
        self.nodes.set_wrong_clock(node, cause, self.now + left);
        self.quarantine(node, cause, left);
        self.tell_node(node, None);
        self.on_node_change(node);
    }

    /// Keeps a node out for `left`, or for longer where it is out already.
    fn quarantine(&mut self, node: NodeId, cause: QuarantineCause, left: Duration) {
        let until = self.now + left;
        if let Some(Trust::Quarantined(_, known)) = self.nodes.trust(node)
            && *known >= until
        {
            return;
        }
        self.nodes.set_trust(node, Trust::Quarantined(cause, until));
        self.node_timers.set(node.index(), until);
    }

    fn refuse(&mut self, node: NodeId, problem: Problem, again: Duration) {
        self.nodes.set_trust(node, Trust::Refused(problem));
        self.node_timers.set(node.index(), self.now + again);
    }
}
