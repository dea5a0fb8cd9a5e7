//! Nodes of a cluster, used as if each were alone.

use quorlock_core::ErrorKind::{Permanent, Transient};
use quorlock_resp::Value;
use quorlock_tests::connection::Connection;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server};

use crate::trouble::{KEY, Trouble, assert_answer, await_answer, has_text};

on_each_make!(
    a_cluster_that_is_down,
    a_database_of_a_cluster,
    a_slot_on_its_way,
    a_slot_that_is_elsewhere,
    keys_of_two_slots,
);

/// Options of a node of a cluster; the short timeout makes nodes tell each other sooner what they know.
pub(crate) fn options(plain: &Options) -> Options {
    let options = plain.clone().with_line("cluster-enabled yes");
    options.with_line("cluster-node-timeout 500")
}

/// Gives all slots to the node and waits until it serves them.
pub(crate) fn own_all(connection: &mut Connection) {
    assign_all(connection);
    await_ok(connection);
}

fn assign_all(connection: &mut Connection) {
    connection.order(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
}

fn await_ok(connection: &mut Connection) {
    await_answer(connection, &["CLUSTER", "INFO"], |info| {
        has_text(info, "cluster_state:ok")
    });
}

fn id(connection: &mut Connection) -> String {
    let reply = connection.call(&["CLUSTER", "MYID"]);
    let Value::Bulk(id) = reply.value() else {
        panic!("CLUSTER MYID answered {:?}", reply.value())
    };
    String::from_utf8_lossy(id).into_owned()
}

fn slot(connection: &mut Connection) -> String {
    let reply = connection.call(&["CLUSTER", "KEYSLOT", KEY]);
    let Value::Integer(slot) = reply.value() else {
        panic!("CLUSTER KEYSLOT answered {:?}", reply.value())
    };
    slot.to_string()
}

/// Two nodes, the first of which has all slots and the second knows it.
fn pair(plain: &Options) -> [Server; 2] {
    let pair = [(); 2].map(|()| Server::start(&options(plain)));
    let mut owner = Connection::to(&pair[0]);
    own_all(&mut owner);
    let port = pair[1].port().to_string();
    owner.order(&["CLUSTER", "MEET", "127.0.0.1", &port]);
    let mut other = Connection::to(&pair[1]);
    await_answer(&mut other, &["CLUSTER", "INFO"], |info| {
        has_text(info, "cluster_slots_assigned:16384")
    });
    await_ok(&mut other);
    pair
}

fn a_cluster_that_is_down(plain: &Options) {
    let node = Server::start(&options(plain));
    let mut connection = Connection::to(&node);
    let words = "CLUSTERDOWN";
    assert_answer(&mut connection, &["SET", KEY, "v"], Transient, words);
    let trouble = Trouble::new(plain, &node, Transient, words);
    trouble.check(|| own_all(&mut connection));
}

fn a_slot_that_is_elsewhere(plain: &Options) {
    let pair = pair(plain);
    let [mut owner, mut other] = [&pair[0], &pair[1]].map(Connection::to);
    let slot = slot(&mut owner);
    let words = format!("MOVED {slot} 127.0.0.1:{}", pair[0].port());
    assert_answer(&mut other, &["SET", KEY, "v"], Permanent, &words);
    let trouble = Trouble::new(plain, &pair[1], Permanent, &words);
    trouble.check(|| {
        let (from, to) = (id(&mut owner), id(&mut other));
        other.order(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from]);
        other.order(&["CLUSTER", "SETSLOT", &slot, "NODE", &to]);
    });
}

fn a_slot_on_its_way(plain: &Options) {
    let pair = pair(plain);
    let [mut owner, mut other] = [&pair[0], &pair[1]].map(Connection::to);
    let (slot, to) = (slot(&mut owner), id(&mut other));
    owner.order(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to]);
    let words = format!("ASK {slot} 127.0.0.1:{}", pair[1].port());
    assert_answer(&mut owner, &["SET", KEY, "v"], Permanent, &words);
    let trouble = Trouble::new(plain, &pair[0], Permanent, &words);
    trouble.check(|| owner.order(&["CLUSTER", "SETSLOT", &slot, "STABLE"]));

    // some keys of one command are here and some are not
    let key = format!("{{{KEY}}}");
    owner.order(&["SET", &key, "v"]);
    owner.order(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to]);
    let command = ["EVAL", "return 1", "2", &key, KEY];
    assert_answer(&mut owner, &command, Transient, "TRYAGAIN");
}

fn keys_of_two_slots(plain: &Options) {
    let node = Server::start(&options(plain));
    let mut connection = Connection::to(&node);
    assign_all(&mut connection);
    let command = ["EVAL", "return 1", "2", KEY, "other"];
    assert_answer(&mut connection, &command, Permanent, "CROSSSLOT");
}

fn a_database_of_a_cluster(plain: &Options) {
    let node = Server::start(&options(plain));
    let trouble = Trouble::new(plain, &node, Permanent, "ERR ").at(format!("{}/1", node.url()));
    trouble.check_without_cure();
}
