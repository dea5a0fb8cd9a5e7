//! A cluster of real servers, and the moving of its slots.

use core::ops::Deref;
use core::time::Duration;
use std::thread;
use std::time::Instant;

use quorlock_resp::Value;

use super::{Fleet, Options, Server};
use crate::connection::Connection;

/// Nodes meet within a second, and agree in another one.
const AGREE_LIMIT: Duration = Duration::from_secs(30);

/// How many slots there are.
const SLOTS: usize = 16_384;

/// How many primaries a [`Cluster`] has, and so many replicas.
pub const PRIMARIES: usize = 3;

/// Three primaries and then their replicas, in the same order; a slice of [`Server`]s.
#[derive(Debug)]
pub struct Cluster {
    fleet: Fleet,
}

impl Cluster {
    /// Starts the servers, deals the slots out evenly and waits until all agree and each replica has caught up. The
    /// servers are young: clients use them under no guard.
    #[must_use]
    pub fn start(plain: &Options) -> Self {
        // on a busy machine a primary that is slow is not to lose its slots
        Self::start_with_timeout(plain, Duration::from_secs(15))
    }

    /// The same; a primary that does not answer the others for so long loses its slots to its replica.
    #[must_use]
    pub fn start_with_timeout(plain: &Options, node_timeout: Duration) -> Self {
        let options = plain.clone().with_line("cluster-enabled yes");
        let options =
            options.with_line(format!("cluster-node-timeout {}", node_timeout.as_millis()));
        let fleet = Fleet::start_young(2 * PRIMARIES, &options);
        let cluster = Self { fleet };
        let (primaries, replicas) = cluster.split_at(PRIMARIES);
        for (place, primary) in primaries.iter().enumerate() {
            let [first, end] = [place, place + 1].map(|place| place * SLOTS / PRIMARIES);
            let mut connection = Connection::to(primary);
            connection.order(&["CLUSTER", "SET-CONFIG-EPOCH", &(place + 1).to_string()]);
            let [first, last] = [first, end - 1].map(|slot| slot.to_string());
            connection.order(&["CLUSTER", "ADDSLOTSRANGE", &first, &last]);
        }
        for server in &cluster[1..] {
            let port = server.port().to_string();
            Connection::to(&cluster[0]).order(&["CLUSTER", "MEET", "127.0.0.1", &port]);
        }
        cluster.agree("cluster_known_nodes", "6");
        for (primary, replica) in primaries.iter().zip(replicas) {
            let mut connection = Connection::to(replica);
            // the node may have met the first one only
            await_that("a replica knows its primary", || {
                let reply = connection.call(&["CLUSTER", "REPLICATE", &node_id(primary)]);
                matches!(reply.value(), Value::Simple(_))
            });
            await_that("a replica has caught up", || {
                replica.info("replication", "master_link_status") == "up"
            });
        }
        cluster.agree("cluster_slots_ok", "16384");
        cluster.agree("cluster_state", "ok");
        cluster
    }

    /// Moves a slot with its keys from one primary to another, as `redis-cli --cluster reshard` does; `while_moving` is
    /// called while it is on its way, before the keys go.
    pub fn move_slot(&self, slot: u16, [from, to]: [usize; 2], while_moving: impl FnOnce()) {
        let slot = slot.to_string();
        let [source, target] = [from, to].map(|place| &self[place]);
        let [from_id, to_id] = [source, target].map(node_id);
        let [mut source, mut receiver] = [source, target].map(Connection::to);
        receiver.order(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from_id]);
        source.order(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to_id]);
        while_moving();
        let port = target.port().to_string();
        loop {
            let keys = source.call(&["CLUSTER", "GETKEYSINSLOT", &slot, "100"]);
            let Value::Array(keys) = keys.value() else {
                panic!("no keys of the slot: {:?}", keys.value())
            };
            let mut command: Vec<Vec<u8>> =
                ["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "KEYS"]
                    .map(|word| word.as_bytes().to_vec())
                    .into();
            let words = command.len();
            for key in keys {
                if let Value::Bulk(key) = key {
                    command.push(key.to_vec());
                }
            }
            if command.len() == words {
                break;
            }
            // one of them may have expired meanwhile
            let moved = source.call(&command);
            assert!(
                matches!(moved.value(), Value::Simple(b"OK" | b"NOKEY")),
                "MIGRATE: {:?}",
                moved.value()
            );
        }
        for connection in [&mut receiver, &mut source] {
            connection.order(&["CLUSTER", "SETSLOT", &slot, "NODE", &to_id]);
        }
    }

    /// From now on the replica of a primary hears nothing of it: it is not let in any more. Nor are new clients; those
    /// that are connected stay.
    pub fn silence(&self, primary: usize) {
        let mut connection = Connection::to(&self[primary]);
        connection.order(&["CONFIG", "SET", "requirepass", "silence"]);
        let killed = connection.call(&["CLIENT", "KILL", "TYPE", "replica"]);
        assert_eq!(killed.value(), Value::Integer(1));
    }

    /// Waits until a replica has become a primary and the cluster serves all slots again.
    pub fn await_promotion(&self, replica: usize) {
        await_that("a replica is promoted", || {
            self[replica].info("replication", "role") == "master"
        });
        await_that("the cluster is whole", || {
            field(&self[replica], "cluster_state") == "ok"
        });
    }

    /// Waits until each node says so.
    fn agree(&self, name: &str, value: &str) {
        await_that(name, || {
            self.iter().all(|server| field(server, name) == value)
        });
    }
}

impl Deref for Cluster {
    type Target = [Server];

    fn deref(&self) -> &[Server] {
        &self.fleet
    }
}

/// The slot of a key, as a node says it.
#[must_use]
pub fn slot_of(server: &Server, key: &str) -> u16 {
    let reply = Connection::to(server).call(&["CLUSTER", "KEYSLOT", key]);
    let Value::Integer(slot) = reply.value() else {
        panic!("CLUSTER KEYSLOT answered {:?}", reply.value())
    };
    u16::try_from(slot).expect("a slot")
}

/// The place of the primary that a slot is dealt to.
#[must_use]
pub fn home_of(slot: u16) -> usize {
    let deals = |place: &usize| place * SLOTS / PRIMARIES <= usize::from(slot);
    (0..PRIMARIES).rfind(deals).unwrap_or_default()
}

fn node_id(server: &Server) -> String {
    text(server, "MYID")
}

/// A line of `CLUSTER INFO`.
fn field(server: &Server, name: &str) -> String {
    let info = text(server, "INFO");
    let mut lines = info.lines().filter_map(|line| line.split_once(':'));
    let line = lines.find(|(found, _)| *found == name);
    line.map_or_else(String::new, |(_, value)| value.to_owned())
}

fn text(server: &Server, what: &str) -> String {
    let reply = Connection::to(server).call(&["CLUSTER", what]);
    let Value::Bulk(text) = reply.value() else {
        panic!("CLUSTER {what} answered {:?}", reply.value())
    };
    String::from_utf8_lossy(text).into_owned()
}

fn await_that(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + AGREE_LIMIT;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not in {AGREE_LIMIT:?}");
        thread::sleep(Duration::from_millis(10));
    }
}
