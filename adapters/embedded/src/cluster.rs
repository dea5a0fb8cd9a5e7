//! Redis Cluster: which hash slots are whose, as one node knows it.

use core::ops::RangeInclusive;
use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use quorlock_core::{Endpoint, HashSlot};

use crate::failure::Failure;

/// What a node of a cluster knows of it, see [`Node::set_cluster`](crate::Node::set_cluster).
///
/// ```
/// use quorlock_core::{Endpoint, HashSlot};
/// use quorlock_embedded::ClusterView;
///
/// let [here, there] = [7_000, 7_001].map(|port| Endpoint::new("127.0.0.1", port));
/// let mut view = ClusterView::new(here.clone());
/// view.assign(0..=16_383, &here);
/// let slot = HashSlot::of(b"job");
/// view.assign(slot.number()..=slot.number(), &there);
/// assert_eq!(view.owner(slot), Some(&there));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClusterView {
    /// Where the node itself listens.
    me: Endpoint,
    /// Who has the slots from this one on, up to the next one here.
    owners: BTreeMap<u16, Option<Endpoint>>,
    /// Slots of its own that are on their way, and to whom.
    leaving: BTreeMap<HashSlot, Endpoint>,
    /// Slots that are on their way to it.
    coming: BTreeSet<HashSlot>,
    /// Too little of the cluster is there for it to serve anybody.
    down: bool,
}

/// What a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject<'a> {
    /// Channels of hash slots, which have nothing that could be on its way.
    Channels(&'a [Bytes]),
    Keys(&'a [Bytes]),
}

impl ClusterView {
    /// Nobody has any slots. `me` is where the node itself listens.
    #[must_use]
    pub const fn new(me: Endpoint) -> Self {
        Self {
            me,
            owners: BTreeMap::new(),
            leaving: BTreeMap::new(),
            coming: BTreeSet::new(),
            down: false,
        }
    }

    /// Gives slots to a node, as `CLUSTER SETSLOT .. NODE` does. They are no longer on their
    /// way.
    pub fn assign(&mut self, slots: RangeInclusive<u16>, owner: &Endpoint) {
        let (first, last) = (*slots.start(), (*slots.end()).min(HashSlot::COUNT - 1));
        if first > last {
            return;
        }
        let next = last + 1;
        let after = self.owner_of(next).cloned();
        self.owners.retain(|slot, _| !slots.contains(slot));
        self.owners.entry(next).or_insert(after);
        self.owners.insert(first, Some(owner.clone()));
        self.leaving
            .retain(|slot, _| !slots.contains(&slot.number()));
        self.coming.retain(|slot| !slots.contains(&slot.number()));
    }

    /// A slot of the node's own begins to move, key by key: `CLUSTER SETSLOT .. MIGRATING`.
    pub fn send(&mut self, slot: HashSlot, to: Endpoint) {
        self.leaving.insert(slot, to);
    }

    /// A slot begins to move to the node: `CLUSTER SETSLOT .. IMPORTING`.
    pub fn expect(&mut self, slot: HashSlot) {
        self.coming.insert(slot);
    }

    /// All that `old` has, or is to get, is another node's now: a failover.
    pub fn replace(&mut self, old: &Endpoint, new: &Endpoint) {
        for owner in self.owners.values_mut().flatten() {
            if owner == old {
                *owner = new.clone();
            }
        }
        for to in self.leaving.values_mut() {
            if to == old {
                *to = new.clone();
            }
        }
    }

    /// The same, as the node that listens at `me` knows it.
    #[must_use]
    pub fn seen_from(self, me: Endpoint) -> Self {
        Self { me, ..self }
    }

    /// Whether the node knows that the cluster can't serve: a primary has died, and none has
    /// taken its place yet.
    pub fn set_down(&mut self, down: bool) {
        self.down = down;
    }

    /// Who has a slot.
    #[must_use]
    pub fn owner(&self, slot: HashSlot) -> Option<&Endpoint> {
        self.owner_of(slot.number())
    }

    fn owner_of(&self, slot: u16) -> Option<&Endpoint> {
        let (_, owner) = self.owners.range(..=slot).next_back()?;
        owner.as_ref()
    }

    /// Whether the node may have keys of a slot.
    pub(crate) fn keeps(&self, slot: HashSlot) -> bool {
        self.is_mine(slot) || self.coming.contains(&slot)
    }

    /// Whether it is the node itself that has a slot.
    pub(crate) fn is_mine(&self, slot: HashSlot) -> bool {
        self.owner(slot) == Some(&self.me)
    }

    /// The slots that lie side by side, and who has them.
    pub(crate) fn ranges(&self) -> Vec<(RangeInclusive<u16>, &Endpoint)> {
        let ends = self.owners.keys().skip(1).copied();
        let ranges = self.owners.iter().zip(ends);
        let owned = ranges.filter_map(|((first, owner), next)| {
            let owner = owner.as_ref()?;
            Some((*first..=next.saturating_sub(1), owner))
        });
        owned.collect()
    }

    /// Whether the node serves a command; `asking`: it came behind `ASKING`. `exists` tells
    /// whether a key is there.
    ///
    /// The order is that of `getNodeByQuery` in Redis 7.0.
    ///
    /// # Errors
    /// It is another one's, or has to wait.
    pub(crate) fn admit(
        &self,
        subject: Subject<'_>,
        asking: bool,
        exists: impl Fn(&Bytes) -> bool,
    ) -> Result<(), Failure> {
        let (Subject::Channels(names) | Subject::Keys(names)) = subject;
        let mut slots = names.iter().map(|name| HashSlot::of(name));
        let Some(slot) = slots.next() else {
            return Ok(());
        };
        let owner = self.owner(slot).ok_or(Failure::UNBOUND_SLOT)?;
        if slots.any(|other| other != slot) {
            return Err(Failure::CROSS_SLOT);
        }
        if self.down {
            return Err(Failure::CLUSTER_DOWN);
        }
        let mut missing = false;
        if let Subject::Keys(keys) = subject {
            let here = keys.iter().filter(|key| exists(key)).count();
            missing = here < keys.len();
            let to = self.leaving.get(&slot).filter(|_| *owner == self.me);
            if let Some(to) = to
                && missing
            {
                return Err(if here > 0 {
                    Failure::TRY_AGAIN
                } else {
                    Failure::redirect("ASK", slot, to)
                });
            }
        }
        if asking && self.coming.contains(&slot) {
            return if missing && names.len() > 1 {
                Err(Failure::TRY_AGAIN)
            } else {
                Ok(())
            };
        }
        if *owner == self.me {
            Ok(())
        } else {
            Err(Failure::redirect("MOVED", slot, owner))
        }
    }
}
