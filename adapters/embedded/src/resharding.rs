//! What the host of a cluster's nodes does to them, as their cluster bus and its operator:
//! it tells them who has which slots, and moves keys.

use bytes::Bytes;
use quorlock_core::HashSlot;

use crate::channels::Scope;
use crate::cluster::ClusterView;
use crate::command::left;
use crate::expiry::Expiry;
use crate::node::Node;
use crate::store::Key;
use crate::time::ServerTime;

impl Node {
    /// Makes the node one of a cluster, or tells it what is new there. Who listens to channels
    /// of slots that it has no longer is told that this has ended (`sunsubscribe`): see
    /// [`poll_push`](Self::poll_push). Keys of such slots are deleted, as servers do.
    ///
    /// A node of a cluster serves the keys and channels of its own slots. All others it passes
    /// on: with `MOVED` to who has the slot; with `ASK` to where a slot of its own is on its
    /// way, if the key is not here any more. Where a slot is on its way here, it serves keys
    /// behind `ASKING`. Several keys of which some have moved are refused with `TRYAGAIN`,
    /// keys of several slots with `CROSSSLOT`, everything with `CLUSTERDOWN` when it is told to.
    ///
    /// There are no replicas that answer reads (`READONLY`), no epochs and no votes, and of
    /// the commands for administrators `CLUSTER SLOTS` only.
    pub fn set_cluster(&mut self, view: ClusterView) {
        let lost: Vec<_> = self
            .world
            .channels
            .all()
            .filter(|channel| channel.scope == Scope::Slot)
            .filter(|channel| !view.is_mine(HashSlot::of(&channel.name)))
            .cloned()
            .collect();
        for channel in lost {
            for listener in self.world.channels.listeners(&channel) {
                if let Some(session) = self.sessions.get_mut(&listener) {
                    self.world.channels.leave(session, &channel);
                    let told = left(session, &channel);
                    told.encode(&mut session.pushed, session.protocol);
                    self.told.insert(listener);
                }
            }
        }
        let store = &mut self.world.store;
        store.retain(|name| view.keeps(HashSlot::of(name)));
        self.world.cluster = Some(view);
    }

    /// What the node knows of its cluster; `None`: it is in none.
    #[must_use]
    pub const fn cluster(&self) -> Option<&ClusterView> {
        self.world.cluster.as_ref()
    }

    /// The keys of a slot, in order: `CLUSTER GETKEYSINSLOT`.
    pub fn keys_in(&self, now: ServerTime, slot: HashSlot) -> impl Iterator<Item = &Bytes> {
        let names = self.world.store.names(0, now);
        names.filter(move |name| HashSlot::of(name) == slot)
    }

    /// Moves a key to another node, as `MIGRATE` does: it lives there for as long as it would
    /// have lived here, by that node's clock. `false`: there is no such key here, or no room
    /// there; nothing has changed then.
    pub fn migrate(
        &mut self,
        now: ServerTime,
        name: &Bytes,
        (to, there): (&mut Self, ServerTime),
    ) -> bool {
        let key = Key::new(0, name);
        let Some((value, expiry)) = self.world.store.peek(&key, now) else {
            return false;
        };
        let expiry = match expiry {
            Expiry::At(deadline) => {
                let left = (deadline - now.as_millis()).max(1);
                Expiry::At(there.as_millis().saturating_add(left))
            }
            Expiry::Never => Expiry::Never,
        };
        let value = value.clone();
        let moved = to.world.store.insert(&key, value, expiry, there).is_ok();
        if moved {
            self.world.store.remove(&key, now);
            // their replicas hear of it
            self.world.replication.write();
            to.world.replication.write();
        }
        moved
    }
}
