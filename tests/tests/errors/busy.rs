//! Servers that have no time for us.

use quorlock_core::ErrorKind::Transient;
use quorlock_core::ServerError;
use quorlock_resp::Value;
use quorlock_tests::connection::Connection;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server};

use crate::cluster;
use crate::trouble::{KEY, Trouble, assert_answer, await_answer, has_text, is_error};

on_each_make!(
    a_server_that_loads_its_data,
    a_server_that_runs_a_long_script,
    a_server_with_as_many_clients_as_it_takes,
    a_cluster_node_with_as_many_clients_as_it_takes,
);

/// Keeps the server busy until somebody says `SCRIPT KILL` (and this connection is open). It says so to others after
/// `lua-time-limit`.
pub(crate) fn run_long_script(server: &Server) -> Connection {
    let mut connection = Connection::to(server);
    connection.order(&["CONFIG", "SET", "lua-time-limit", "20"]);
    let mut runner = Connection::to(server);
    runner.send(b"EVAL \"while true do end\" 0\r\n").unwrap();
    await_answer(&mut connection, &["GET", KEY], |reply| {
        is_error(reply, "BUSY")
    });
    runner
}

/// Makes the server load its data, so slowly that [`load_fast`] has to end it. `DEBUG RELOAD` saves and loads without
/// ending the connections; the server's options must allow it.
pub(crate) fn load_slowly(server: &Server) -> Connection {
    let mut connection = Connection::to(server);
    connection.order(&["DEBUG", "POPULATE", "10000", "filler", "1000"]);
    for (name, value) in [
        ("key-load-delay", "2000"),
        ("loading-process-events-interval-bytes", "1024"),
    ] {
        connection.order(&["CONFIG", "SET", name, value]);
    }
    let mut loader = Connection::to(server);
    loader.send(b"DEBUG RELOAD\r\n").unwrap();
    await_answer(&mut connection, &["GET", KEY], |reply| {
        is_error(reply, "LOADING")
    });
    loader
}

pub(crate) fn load_fast(server: &Server) {
    let mut connection = Connection::to(server);
    let info = connection.call(&["INFO", "persistence"]);
    assert!(has_text(info.value(), "loading:1"), "it has loaded before");
    connection.order(&["CONFIG", "SET", "key-load-delay", "0"]);
}

fn a_server_that_runs_a_long_script(plain: &Options) {
    let server = Server::start(plain);
    let mut runner = run_long_script(&server);
    let mut connection = Connection::to(&server);
    let words = "BUSY";
    assert_answer(&mut connection, &["SET", KEY, "v"], Transient, words);
    let trouble = Trouble::new(plain, &server, Transient, words);
    trouble.check(|| connection.order(&["SCRIPT", "KILL"]));

    // whoever's script it was that was ended may try again
    let ended = runner.receive().unwrap();
    let Value::Error(line) = ended.value() else {
        panic!("the script ended with {:?}", ended.value())
    };
    let error = ServerError::new(line);
    assert!(error.message().contains("Script killed by user"), "{error}");
    assert_eq!(error.kind(), Transient, "{error}");
}

fn a_server_that_loads_its_data(plain: &Options) {
    let server = Server::start(&plain.clone().with_line("enable-debug-command yes"));
    let _loader = load_slowly(&server);
    let mut connection = Connection::to(&server);
    let words = "LOADING";
    assert_answer(&mut connection, &["SET", KEY, "v"], Transient, words);
    let trouble = Trouble::new(plain, &server, Transient, words);
    trouble.check(|| load_fast(&server));
}

fn a_server_with_as_many_clients_as_it_takes(plain: &Options) {
    let server = Server::start(&plain.clone().with_line("maxclients 2"));
    check_crowd(
        plain,
        &server,
        [(); 2].map(|()| Connection::to(&server)),
        "ERR max number of clients reached",
    );
}

/// It counts the links of the cluster among them, and says so.
fn a_cluster_node_with_as_many_clients_as_it_takes(plain: &Options) {
    let server = Server::start(&cluster::options(plain).with_line("maxclients 2"));
    let mut crowd = [(); 2].map(|()| Connection::to(&server));
    cluster::own_all(&mut crowd[0]);
    check_crowd(
        plain,
        &server,
        crowd,
        "ERR max number of clients + cluster connections reached",
    );
}

/// `crowd` is as many as the server takes.
fn check_crowd(plain: &Options, server: &Server, mut crowd: [Connection; 2], words: &str) {
    for connection in &mut crowd {
        connection.call(&["PING"]);
    }
    let trouble = Trouble::new(plain, server, Transient, words);
    trouble.check(|| crowd[0].order(&["CONFIG", "SET", "maxclients", "100"]));
}
