//! Each make of server is what it says it is, in the protocol that was asked for.

use quorlock_resp::Value;
use quorlock_tests::connection::{Connection, keys};
use quorlock_tests::deployment::deployed;
use quorlock_tests::on_each_make;
use quorlock_tests::servers::{Make, Options, Protocol, Server};

on_each_make!(
    a_promoted_replica_has_its_primarys_keys,
    the_product_speaks_the_protocol_of_the_server
);

fn a_promoted_replica_has_its_primarys_keys(plain: &Options) {
    let [primary, replica] = [(); 2].map(|()| Server::start(plain));
    Connection::to(&primary).order(&["SET", "before", "v"]);
    replica.follow(&primary);
    assert_eq!(keys(&replica), ["before"]);
    let refused = Connection::to(&replica).call(&["SET", "k", "v"]);
    assert!(matches!(refused.value(), Value::Error(text) if text.starts_with(b"READONLY")));
    replica.promote();
    Connection::to(&replica).order(&["SET", "after", "v"]);
    assert_eq!(keys(&replica), ["after", "before"]);
    assert_eq!(keys(&primary), ["before"]);
}

fn the_product_speaks_the_protocol_of_the_server(plain: &Options) {
    let server = Server::start(plain);
    let url = server.url();
    let list = smol::block_on(async {
        let builder = deployed(quorlock_smol::builder()).client_name("product");
        let client = builder.nodes([url]).unwrap().build().unwrap();
        client
            .lock("key")
            .try_acquire()
            .await
            .unwrap()
            .release()
            .await;
        Connection::to(&server).call(&["CLIENT", "LIST"])
    });
    let Value::Bulk(list) = list.value() else {
        panic!("CLIENT LIST answered {:?}", list.value())
    };
    let list = String::from_utf8_lossy(list);
    let line = list.lines().find(|line| line.contains("name=product"));
    let spoken = match plain.protocol() {
        Protocol::Resp2 => "resp=2",
        Protocol::Resp3 => "resp=3",
    };
    assert!(line.unwrap().contains(spoken), "{list}");
}

#[test]
fn the_makes_are_the_programs_that_their_names_say() {
    for (make, version) in [
        (Make::Redis7, "redis_version:7."),
        (Make::Redis8, "redis_version:8."),
        (Make::Valkey9, "valkey_version:9."),
    ] {
        quorlock_tests::servers::run_on(make, Protocol::Resp3, |plain| {
            let server = Server::start(plain);
            let info = Connection::to(&server).call(&["INFO", "server"]);
            let info = String::from_utf8_lossy(info.bytes()).into_owned();
            assert!(info.contains(version), "{make} is {info}");
        });
    }
}
