//! Writes down what happens, for a picture. It only listens: a run that is recorded is the same run.

use super::beliefs::Belief;
use super::invariant::Violation;
use super::plan::Plan;
use super::server::Change;
use super::trace::{Item, Place, Trace};

/// A key that stands on a node.
#[derive(Clone, Copy, Debug)]
struct Standing {
    owner: usize,
    from: u64,
    /// When its lease ends, unless it is renewed.
    ends: u64,
}

#[derive(Debug)]
pub(super) struct Recorder {
    trace: Trace,
    /// By node, then key.
    standing: Vec<Vec<Option<Standing>>>,
}

impl Recorder {
    pub(super) fn new(plan: &Plan) -> Self {
        let (clients, nodes) = (plan.client_clocks.len(), plan.node_clocks.len());
        let keys = plan.settings.keys;
        Self {
            trace: Trace {
                clients,
                nodes,
                keys,
                items: Vec::new(),
            },
            standing: vec![vec![None; keys]; nodes],
        }
    }

    /// A message leaves; it counts as lost until it [arrives](Self::arrived). Its name comes back.
    pub(super) fn sent(&mut self, from: Place, to: Place, sent: u64, label: String) -> usize {
        self.trace.items.push(Item::Message {
            from,
            to,
            sent,
            arrived: None,
            label,
            late: false,
        });
        self.trace.items.len() - 1
    }

    /// The last of a message's bytes is taken in.
    pub(super) fn arrived(&mut self, message: usize, at: u64, after_its_connection: bool) {
        if let Some(Item::Message { arrived, late, .. }) = self.trace.items.get_mut(message) {
            *arrived = Some(at);
            *late = after_its_connection;
        }
    }

    /// What a request did to a node's keys. `lives`: whose life each is.
    pub(super) fn changes(
        &mut self,
        now: u64,
        node: usize,
        lives: &[usize],
        changes: Vec<(usize, Change)>,
    ) {
        for (key, change) in changes {
            let holder = match change {
                Change::Freed => None,
                Change::Held(owner, ends) => Some((lives[owner.life], ends)),
            };
            self.key(now, node, key, holder);
        }
    }

    /// A node's key is another client's now, or nobody's; or its lease was renewed. `holder`: the client and the end of
    /// the lease.
    pub(super) fn key(&mut self, now: u64, node: usize, key: usize, holder: Option<(usize, u64)>) {
        let standing = &mut self.standing[node][key];
        if let (Some(known), Some((owner, ends))) = (&mut *standing, holder)
            && known.owner == owner
            && known.ends >= now
        {
            known.ends = ends;
            return;
        }
        let known = standing.take();
        *standing = holder.map(|(owner, ends)| Standing {
            owner,
            from: now,
            ends,
        });
        self.close_key(now, node, key, known);
    }

    /// A node has lost all keys.
    pub(super) fn keys_lost(&mut self, now: u64, node: usize) {
        for key in 0..self.trace.keys {
            self.key(now, node, key, None);
        }
    }

    fn close_key(&mut self, now: u64, node: usize, key: usize, standing: Option<Standing>) {
        if let Some(Standing { owner, from, ends }) = standing {
            self.trace.items.push(Item::Key {
                node,
                key,
                owner,
                from,
                until: ends.min(now),
            });
        }
    }

    /// A client does not believe any more.
    pub(super) fn belief_ended(&mut self, now: u64, belief: &Belief) {
        self.trace.items.push(Item::Validity {
            client: belief.client,
            key: belief.key,
            from: belief.since,
            until: belief.until.min(now),
        });
    }

    pub(super) fn fault(&mut self, place: Option<Place>, (from, until): (u64, u64), label: &str) {
        self.trace.items.push(Item::Fault {
            place,
            from,
            until,
            label: label.into(),
        });
    }

    pub(super) fn note(&mut self, place: Place, at: u64, label: impl Into<String>) {
        self.trace.items.push(Item::Note {
            place,
            at,
            label: label.into(),
        });
    }

    /// The run is over: what still stands or is believed in ends here.
    pub(super) fn finish(
        mut self,
        now: u64,
        beliefs: &[Belief],
        violation: Option<&Violation>,
    ) -> Trace {
        for node in 0..self.trace.nodes {
            self.keys_lost(now, node);
        }
        for belief in beliefs {
            self.belief_ended(now, belief);
        }
        if let Some(violation) = violation {
            self.trace.items.push(Item::Violation {
                at: now,
                text: format!("{}: {}", violation.invariant, violation.what),
            });
        }
        self.trace
    }
}
