//! What is stored, and what can't be.

use std::fs;

use quorlock_core::ErrorKind::{Permanent, Transient};
use quorlock_driver::Fencing;
use quorlock_tests::connection::Connection;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server};

use crate::trouble::{KEY, Trouble, assert_answer, await_answer, has_text};

on_each_make!(
    a_key_of_another_type,
    a_server_that_can_not_save,
    a_server_that_is_full,
);

fn a_key_of_another_type(plain: &Options) {
    let server = Server::start(plain);
    let mut connection = Connection::to(&server);
    connection.call(&["RPUSH", KEY, "element"]);
    assert_answer(&mut connection, &["GET", KEY], Permanent, "WRONGTYPE");
    // without tokens a server may be asked by SET NX, to which any key is a lock that is held
    let trouble = Trouble::new(plain, &server, Permanent, "WRONGTYPE").only(Fencing::DEFAULT);
    trouble.check(|| {
        let element = connection.call(&["LPOP", KEY]);
        assert!(
            has_text(element.value(), "element"),
            "somebody's data is gone"
        );
    });
}

fn a_server_that_is_full(plain: &Options) {
    let server = Server::start(&plain.clone().with_line("maxmemory 1"));
    let mut connection = Connection::to(&server);
    assert_answer(&mut connection, &["SET", KEY, "v"], Transient, "OOM");
    let trouble = Trouble::new(plain, &server, Transient, "OOM");
    trouble.check(|| connection.order(&["CONFIG", "SET", "maxmemory", "0"]));
}

/// Makes the server refuse writes until `save` is off, because it can't save what it has.
pub(crate) fn fail_to_save(server: &Server) {
    // a directory in the file's place: a right that is missing would not stop a server that runs as root
    fs::create_dir(server.data().join("dump.rdb")).unwrap();
    let mut connection = Connection::to(server);
    connection.order(&["CONFIG", "SET", "save", "3600 1"]);
    connection.call(&["BGSAVE"]);
    await_answer(&mut connection, &["INFO", "persistence"], |info| {
        has_text(info, "rdb_last_bgsave_status:err")
    });
}

fn a_server_that_can_not_save(plain: &Options) {
    let server = Server::start(plain);
    fail_to_save(&server);
    let mut connection = Connection::to(&server);
    assert_answer(&mut connection, &["SET", KEY, "v"], Transient, "MISCONF");
    let trouble = Trouble::new(plain, &server, Transient, "MISCONF");
    trouble.check(|| connection.order(&["CONFIG", "SET", "save", ""]));
}
