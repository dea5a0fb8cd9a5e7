//! The nodes as a Redis Cluster: where they are, who has which slots, and how slots move.
//!
//! The world is their cluster bus and their operator, who is careful: he moves a slot at a time, waits for nodes that are
//! down, and lets no slot leave a node that may have forgotten its keys.

use core::time::Duration;

use bytes::Bytes;
use quorlock_core::{Endpoint, HashSlot};
use quorlock_embedded::{ClusterView, Offset};

use super::clock::nanos;
use super::plan::{FaultKind, Settings};
use super::queue::What;
use super::renewal::Renewal;
use super::server::{Server, owner};
use super::trace::Place;
use super::wire::key_name;
use super::world::World;

/// The port of the first node.
const PORT: u16 = 7_000;

/// A run has fewer nodes.
const MOST_NODES: usize = 100;

/// After so long the operator looks again whether he can go on.
const AGAIN: Duration = Duration::from_millis(10);

/// Steps that a move takes: of the keys of a lock's slot there are up to three.
const STEPS: u64 = 6;

/// What the operator is at.
#[derive(Debug)]
pub(super) struct Cluster {
    /// By key: its slot.
    slots: Vec<HashSlot>,
    /// By key: the nodes where its slot has been on its way to.
    been: Vec<u64>,
    moving: Option<Move>,
}

/// Slots on their way.
#[derive(Clone, Debug)]
struct Move {
    fault: usize,
    from: usize,
    to: usize,
    /// Those of the locks among them, by key.
    keys: Vec<usize>,
    /// From one step to the next.
    pace: u64,
    stage: Stage,
}

/// How far they have come.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Key by key.
    Keys,
    /// The node that gets them has been told that they are its own; the one that has given them is next.
    Arrived,
    /// All others are next.
    Left,
}

/// A node at one of the addresses that it has in the course of a run.
fn endpoint(node: usize, address: usize) -> Endpoint {
    let port = usize::from(PORT) + node + MOST_NODES * address;
    Endpoint::new("node", u16::try_from(port).expect("a node of a plan"))
}

/// Which node that is, and which of its addresses.
pub(super) fn server_at(endpoint: &Endpoint) -> (usize, usize) {
    let number = usize::from(endpoint.port - PORT);
    (number % MOST_NODES, number / MOST_NODES)
}

/// What a node knows at first: so many have all slots.
pub(super) fn view(node: usize, owners: usize) -> ClusterView {
    let mut view = ClusterView::new(endpoint(node, 0));
    let first = |owner: usize| {
        let slot = usize::from(HashSlot::COUNT) * owner / owners;
        u16::try_from(slot).expect("a slot")
    };
    for owner in 0..owners {
        view.assign(first(owner)..=first(owner + 1) - 1, &endpoint(owner, 0));
    }
    view
}

impl Cluster {
    pub(super) fn new(settings: &Settings) -> Self {
        let slot = |key| HashSlot::of(key_name(key).as_bytes());
        Self {
            slots: (0..settings.keys).map(slot).collect(),
            been: vec![0; settings.keys],
            moving: None,
        }
    }
}

impl Server {
    /// The node hears of its cluster.
    pub(super) fn learn(&mut self, news: impl FnOnce(&mut ClusterView)) {
        if let Some(view) = self.node.cluster() {
            let mut view = view.clone();
            news(&mut view);
            self.node.set_cluster(view);
        }
    }

    /// Where it listens.
    pub(super) fn endpoint(&self) -> Endpoint {
        endpoint(self.number, self.address)
    }

    /// A replica has taken its place, at another address; it knows what the cluster does.
    pub(super) fn move_in(&mut self, view: Option<ClusterView>) {
        if let Some(mut view) = view {
            let old = self.endpoint();
            self.address += 1;
            view.replace(&old, &self.endpoint());
            self.node.set_cluster(view.seen_from(self.endpoint()));
            self.arrived = Offset::default();
        }
    }

    fn has(&self, slot: HashSlot) -> bool {
        let owner = self.node.cluster().and_then(|view| view.owner(slot));
        owner == Some(&self.endpoint())
    }
}

impl World<'_> {
    /// Where a client looks for the cluster: three nodes, not the same for all. No more than two fail over in a random run.
    pub(super) fn seeds(&self, client: usize) -> Vec<Endpoint> {
        let nodes = self.servers.iter().cycle().skip(client).take(3);
        nodes.map(Server::endpoint).collect()
    }

    /// Whether a node's word on a key counts: in a cluster, that of the one that has the key's slot. Another one may have
    /// a copy of the key until its lease ends, where the slot was on its way and the first one began again with old keys.
    pub(super) fn decides(&self, server: &Server, key: usize) -> bool {
        self.plan.settings.cluster.is_none() || server.has(self.cluster.slots[key])
    }

    /// All nodes but one hear of their cluster.
    pub(super) fn tell_all(&mut self, but: usize, news: impl Fn(&mut ClusterView)) {
        for server in &mut self.servers {
            if server.number != but {
                server.learn(&news);
            }
        }
    }

    /// Whether a failover of a node is one that `WAIT` is for. It is not where keys came with a slot, or were lost in a
    /// restart, and no replica or no quarantine makes up for that: see `core/docs/cluster.md`.
    pub(super) fn may_fail_over(&self, node: usize) -> bool {
        let server = &self.servers[node];
        let moves = |it: &Move| it.from == node || it.to == node;
        let is_calm = server.is_settled() && !server.is_young(self.now);
        self.plan.settings.cluster.is_none()
            || is_calm && !self.cluster.moving.as_ref().is_some_and(moves)
    }

    /// Slots are to move: the fault at this place says which.
    pub(super) fn begin_to_move(&mut self, fault: usize) {
        let slots = &self.cluster.slots;
        let owns = |node: usize, key: usize| self.servers[node].has(slots[key]);
        let kind = self.plan.faults[fault].kind;
        let (from, to, keys, span) = if let FaultKind::MoveSlot { key, to, span } = kind {
            let from = (0..self.servers.len()).find(|node| owns(*node, key));
            (from, to, vec![key], span)
        } else if let FaultKind::Remove { node, to, span, .. } = kind {
            let keys = (0..slots.len()).filter(|key| owns(node, *key));
            (Some(node), to, keys.collect(), span)
        } else {
            return;
        };
        let been = keys
            .iter()
            .any(|key| self.cluster.been[*key] >> to & 1 == 1);
        let Some(from) = from.filter(|from| *from != to && !been) else {
            return;
        };
        if self.cluster.moving.is_some() || !self.can_move(from, to) {
            return;
        }
        for key in &keys {
            let slot = self.cluster.slots[*key];
            self.cluster.been[*key] |= 1 << to;
            self.servers[to].learn(|view| view.expect(slot));
            let there = self.servers[to].endpoint();
            self.servers[from].learn(|view| view.send(slot, there));
            self.tally.slots_moved += 1;
            let held = self.servers[from].holder(self.now, *key).is_some();
            self.tally.moved_held += u64::from(held);
        }
        self.note_at(from, format!("slots leave for {}", Place::Node(to)));
        let pace = nanos(span) / STEPS;
        self.queue.push(self.now + pace, What::Reshard);
        self.cluster.moving = Some(Move {
            fault,
            from,
            to,
            keys,
            pace,
            stage: Stage::Keys,
        });
    }

    /// The next step of the slots that are on their way.
    pub(super) fn reshard(&mut self) {
        let Some(mut moving) = self.cluster.moving.take() else {
            return;
        };
        let (from, to) = (moving.from, moving.to);
        let mut pace = moving.pace;
        if self.can_move(from, to) {
            match moving.stage {
                Stage::Keys => {
                    let next = moving.keys.iter().find_map(|key| self.next_key(from, *key));
                    if let Some((key, name)) = next {
                        self.move_key((from, to), key, &name);
                    } else {
                        self.assign(to, &moving);
                        moving.stage = Stage::Arrived;
                    }
                }
                Stage::Arrived => {
                    self.assign(from, &moving);
                    self.note_at(to, "has the slots".into());
                    moving.stage = Stage::Left;
                }
                Stage::Left => {
                    for node in 0..self.servers.len() {
                        self.assign(node, &moving);
                    }
                    self.leave(&moving);
                    return;
                }
            }
        } else {
            pace = nanos(AGAIN);
        }
        self.queue.push(self.now + pace, What::Reshard);
        self.cluster.moving = Some(moving);
    }

    fn can_move(&self, from: usize, to: usize) -> bool {
        let works = |node: usize| {
            let server = &self.servers[node];
            server.down_by.is_none() && server.paused_until <= self.now
        };
        works(from) && works(to) && !self.servers[from].is_young(self.now)
    }

    /// The next name in the slot of a key that has to be moved.
    fn next_key(&self, from: usize, key: usize) -> Option<(usize, Bytes)> {
        let server = &self.servers[from];
        let slot = self.cluster.slots[key];
        let name = server.node.keys_in(server.time(self.now), slot).next()?;
        Some((key, name.clone()))
    }

    fn move_key(&mut self, (from, to): (usize, usize), key: usize, name: &Bytes) {
        let now = self.now;
        let there = self.servers[to].time(now);
        let here = self.servers[from].time(now);
        let [giver, taker] = self
            .servers
            .get_disjoint_mut([from, to])
            .expect("two nodes of the plan");
        giver.node.migrate(here, name, (&mut taker.node, there));
        taker.arrived = taker.node.written();
        if *name == key_name(key)
            && let Some(look) = taker.node.look(there, name)
            && let Some(end) = look.expires
        {
            let lease_ms = end - there.as_millis();
            taker.renewals[key] = Renewal { at: now, lease_ms };
            let life = owner(&look).map(|owner| owner.life);
            let holder = life.zip(taker.standing(now, key));
            let holder = holder.map(|(life, (_, ends))| (self.lives[life], ends));
            if let Some(recorder) = &mut self.recorder {
                recorder.key(now, from, key, None);
                recorder.key(now, to, key, holder);
            }
        }
        self.replicate(from);
        self.replicate(to);
    }

    /// A node hears that the slots have moved.
    fn assign(&mut self, node: usize, moving: &Move) {
        let [from, to] = [moving.from, moving.to].map(|node| self.servers[node].endpoint());
        let all = matches!(
            self.plan.faults[moving.fault].kind,
            FaultKind::Remove { .. }
        );
        let slots = &self.cluster.slots;
        self.servers[node].learn(|view| {
            for key in &moving.keys {
                let slot = slots[*key].number();
                view.assign(slot..=slot, &to);
            }
            if all {
                view.replace(&from, &to);
            }
        });
        self.push(node, "slot gone");
    }

    /// The slots have moved. A node that was to give all of them leaves.
    fn leave(&mut self, moving: &Move) {
        if let FaultKind::Remove { node, away, .. } = self.plan.faults[moving.fault].kind {
            self.tally.removed += 1;
            self.note_at(node, "leaves the cluster".into());
            self.crash_node(node, moving.fault);
            self.start_later(moving.fault, nanos(away));
        }
    }

    fn note_at(&mut self, node: usize, words: String) {
        if let Some(recorder) = &mut self.recorder {
            recorder.note(Place::Node(node), self.now, words);
        }
    }
}
