//! Scripts that the server has forgotten, and errors that only a wrong command would get.

use quorlock_core::ErrorKind::{NoScript, Permanent};
use quorlock_driver::{Fencing, Verdict};
use quorlock_tests::connection::Connection;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Protocol, Server};

use crate::trouble::{KEY, assert_answer, client, has_lock, has_text};

on_each_make!(
    a_forgotten_script_is_sent_again,
    a_protocol_that_there_is_not
);

fn a_forgotten_script_is_sent_again(plain: &Options) {
    let server = Server::start(plain);
    let mut connection = Connection::to(&server);
    smol::block_on(async {
        let client = client([server.url()], Fencing::DEFAULT);
        let warm = client.lock("warm").try_acquire().await.unwrap();
        warm.release().await;
        connection.order(&["SCRIPT", "FLUSH"]);
        connection.order(&["CONFIG", "RESETSTAT"]);
        let guard = client.lock(KEY).try_acquire().await.unwrap();
        assert!(has_lock(&server));
        let released = guard.release().await;
        assert_eq!(released.verdict, Verdict::Verified, "{released}");
    });
    assert!(!has_lock(&server));
    let stats = connection.call(&["INFO", "errorstats"]);
    // of the acquire and of the release
    assert!(has_text(stats.value(), "errorstat_NOSCRIPT:count=2"));
    let command = ["EVALSHA", "0", "1", KEY];
    assert_answer(&mut connection, &command, NoScript, "NOSCRIPT");
}

fn a_protocol_that_there_is_not(plain: &Options) {
    let server = Server::start(plain);
    let words = match plain.protocol() {
        Protocol::Resp2 => "ERR unknown command",
        Protocol::Resp3 => "NOPROTO",
    };
    let mut connection = Connection::to(&server);
    assert_answer(&mut connection, &["HELLO", "9"], Permanent, words);
}
