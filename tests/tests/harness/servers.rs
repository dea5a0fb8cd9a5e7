//! Servers start, stop, die and come back as told.

use core::time::Duration;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::thread;
use std::time::Instant;

use quorlock_resp::Value;
use quorlock_tests::connection::{Connection, keys};
use quorlock_tests::servers::{Fleet, Options, Server};
use quorlock_tests::turn;

fn plain() -> Server {
    Server::start(&Options::new())
}

/// A process that has ended and was not waited for yet (a zombie) is not alive.
fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn a_server_answers_on_both_of_its_sockets() {
    let server = plain();
    let mut tcp = Connection::to(&server);
    let mut unix = Connection::open_unix(&server.socket()).unwrap();
    assert!(matches!(
        tcp.call(&["SET", "k", "v"]).value(),
        Value::Simple(b"OK")
    ));
    assert!(matches!(
        unix.call(&["GET", "k"]).value(),
        Value::Bulk(b"v")
    ));
    assert_eq!(keys(&server), ["k"]);
    assert_eq!(server.url(), format!("redis://127.0.0.1:{}", server.port()));
}

#[test]
fn a_dropped_server_leaves_neither_process_nor_directory() {
    let server = plain();
    let (pid, directory) = (server.pid(), server.directory().to_owned());
    assert!(is_alive(pid) && directory.exists());
    server.pause();
    drop(server);
    assert!(!is_alive(pid), "process {pid} is still there");
    assert!(
        !directory.exists(),
        "{} is still there",
        directory.display()
    );
}

#[test]
fn a_paused_server_answers_when_it_is_resumed() {
    let _turn = turn::take();
    let server = plain();
    let mut connection =
        Connection::open_patient(server.address(), Duration::from_millis(300)).unwrap();
    server.pause();
    connection
        .try_call(&["PING"])
        .expect_err("a stopped process does not answer");
    server.resume();
    assert!(matches!(
        connection.receive().unwrap().value(),
        Value::Simple(b"PONG")
    ));
}

#[test]
fn a_killed_server_refuses_and_a_restarted_one_is_empty_on_the_same_port() {
    let server = plain();
    let address = server.address();
    let mut before = Connection::to(&server);
    before.call(&["SET", "k", "v"]);
    let pid = server.pid();
    server.kill();
    assert!(!is_alive(pid));
    assert!(
        Connection::open(address).is_err(),
        "nobody should listen on {address}"
    );
    before
        .try_call(&["PING"])
        .expect_err("the connection died with the server");
    server.restart();
    assert_eq!(server.address(), address);
    assert_ne!(server.pid(), pid);
    assert_eq!(keys(&server), [""; 0]);
    // A living server is replaced as well.
    server.restart();
    assert_eq!(keys(&server), [""; 0]);
}

#[test]
fn a_restarted_server_has_what_was_saved_unless_it_is_to_be_empty() {
    let server = plain();
    Connection::to(&server).order(&["SET", "old", "v"]);
    Connection::to(&server).order(&["SAVE"]);
    Connection::to(&server).order(&["SET", "new", "v"]);
    server.restart();
    assert_eq!(keys(&server), ["old"], "what SAVE wrote, and nothing later");
    server.restart_empty();
    assert_eq!(keys(&server), [""; 0]);
    let server = Server::start(&Options::new().with_line("appendonly yes"));
    Connection::to(&server).order(&["SET", "k", "v"]);
    server.restart();
    assert_eq!(keys(&server), ["k"]);
    server.restart_empty();
    assert_eq!(keys(&server), [""; 0]);
}

#[test]
fn passwords_and_access_rules_reach_the_server() {
    let options = Options::new()
        .with_password("sesame")
        .with_line("user alice on >secret ~lock:* +get");
    let server = Server::start(&options);
    let mut stranger = Connection::open(server.address()).unwrap();
    assert!(
        matches!(stranger.call(&["GET", "k"]).value(), Value::Error(text) if text.starts_with(b"NOAUTH"))
    );
    assert_eq!(keys(&server), [""; 0]);
    assert!(server.url().starts_with("redis://:sesame@127.0.0.1:"));
    stranger.call(&["AUTH", "alice", "secret"]);
    assert!(matches!(
        stranger.call(&["GET", "lock:a"]).value(),
        Value::Null
    ));
    assert!(
        matches!(stranger.call(&["GET", "other"]).value(), Value::Error(text) if text.starts_with(b"NOPERM"))
    );
}

#[test]
fn the_binary_and_its_environment_can_be_chosen() {
    // A server overwrites its environment in /proc with its title, so another program tells what it was given.
    let directory = tempfile::tempdir().unwrap();
    let probe = directory.path().join("probe");
    let script = "#!/bin/sh\necho \"the probe has $QUORLOCK_PROBE\"\nexec redis-server \"$@\"\n";
    fs::write(&probe, script).unwrap();
    fs::set_permissions(&probe, fs::Permissions::from_mode(0o755)).unwrap();
    let options = Options::new()
        .with_binary(&probe)
        .with_environment("QUORLOCK_PROBE", "seen");
    let log = Server::start(&options).log();
    assert!(log.contains("the probe has seen"), "{log}");
}

#[test]
#[should_panic(expected = "Bad directive")]
fn a_server_that_can_not_start_shows_its_log() {
    let _ = Server::start(&Options::new().with_line("no-such-directive yes"));
}

#[test]
#[should_panic(expected = "there is no server /nonexistent/redis-server")]
fn a_missing_binary_is_named() {
    let _ = Server::start(&Options::new().with_binary("/nonexistent/redis-server"));
}

#[test]
fn a_fleet_has_as_many_servers_as_asked_for() {
    let fleet = Fleet::start(5);
    let mut ports: Vec<_> = fleet.iter().map(Server::port).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 5);
    assert_eq!(fleet.urls().len(), fleet.addresses().len());
    for server in fleet.iter() {
        assert!(matches!(
            Connection::to(server).call(&["PING"]).value(),
            Value::Simple(b"PONG")
        ));
    }
}

/// The test starts itself again in a process that is killed while it owns a server.
#[test]
fn servers_die_with_the_process_that_started_them() {
    const ROLE: &str = "QUORLOCK_TEST_VICTIM";
    if let Some(address) = std::env::var_os(ROLE) {
        let server = plain();
        let mut parent = TcpStream::connect(address.to_str().unwrap()).unwrap();
        parent.write_all(&server.pid().to_be_bytes()).unwrap();
        thread::sleep(Duration::from_mins(1));
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "servers::servers_die_with_the_process_that_started_them",
        ])
        .env(ROLE, listener.local_addr().unwrap().to_string())
        .spawn()
        .unwrap();
    let mut pid = [0; 4];
    listener.accept().unwrap().0.read_exact(&mut pid).unwrap();
    let pid = u32::from_be_bytes(pid);
    assert!(is_alive(pid));
    victim.kill().unwrap();
    victim.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(5);
    while is_alive(pid) {
        assert!(Instant::now() < deadline, "server {pid} outlived its test");
        thread::sleep(Duration::from_millis(5));
    }
}
