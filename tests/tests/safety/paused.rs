//! A holder is paused past its lease (SIGSTOP): another one takes over, and what the first one does then is of no effect.

use quorlock_driver::Verdict;
use quorlock_resp::Value;
use quorlock_tests::connection::Connection;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Options, Server};
use quorlock_tests::turn;
use rustix::process::Signal;

use crate::cluster::{KEY, PATIENCE};
use crate::worker::{LEASE, Worker, client, fenced_write};

on_each_make!(a_stale_holder_writes_nothing);

fn a_stale_holder_writes_nothing(plain: &Options) {
    let _turn = turn::take();
    let nodes = [(); 3].map(|()| Server::start_young(plain));
    let resource = Server::start_young(plain);
    let urls: Vec<_> = nodes.iter().map(Server::url).collect();
    let mut first = Worker::start(&urls, &resource);
    assert_eq!(first.line(), "holds");
    first.signal(Signal::STOP);

    let client = client(&urls);
    let lock = client.lock(KEY).ttl(LEASE);
    let second = smol::block_on(lock.acquire_within(PATIENCE)).unwrap();
    let mut connection = Connection::to(&resource);
    assert!(fenced_write(
        &mut connection,
        second.token().unwrap(),
        "second"
    ));
    connection.order(&["SET", "plain", "second"]);

    first.signal(Signal::CONT);
    assert_eq!(first.line(), "lost is ready: true");
    assert_eq!(first.line(), "fenced write taken: false");
    assert_eq!(
        first.line(),
        format!("release: {:?}", Verdict::ExpiredEarlier)
    );
    let read = |connection: &mut Connection, key| connection.call(&["GET", key]);
    assert_eq!(
        read(&mut connection, "fenced").value(),
        Value::Bulk(b"second")
    );
    // a resource that does not look at tokens is overwritten
    assert_eq!(
        read(&mut connection, "plain").value(),
        Value::Bulk(b"first")
    );
    let released = smol::block_on(second.release());
    assert_eq!(released.verdict, Verdict::Verified, "{released}");
}
