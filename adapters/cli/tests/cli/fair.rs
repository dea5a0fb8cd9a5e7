//! `--fair`: those who wait are served in the order in which they came.

use quorlock_resp::Value;
use quorlock_tests::connection::Connection;
use quorlock_tests::servers::{Fleet, Server};
use quorlock_tests::turn;

use super::support::{Marks, Running, assert_empty, run_on, wait_until};

/// Bytes of a place in a queue.
const PLACE: i64 = 83;

fn queued(server: &Server) -> i64 {
    let mut connection = Connection::to(server);
    let reply = connection.call(&["STRLEN", "key:quorlock-queue:{key}"]);
    let Value::Integer(length) = reply.value() else {
        panic!("STRLEN answered {:?}", reply.value())
    };
    length / PLACE
}

#[test]
fn who_came_first_is_served_first() {
    let _turn = turn::take();
    let fleet = Fleet::start(3);
    for server in fleet.iter() {
        Connection::to(server).call(&["SET", "key", "somebody"]);
    }
    let marks = Marks::new();
    let waiting: Vec<Running> = (1..=4)
        .map(|number: i64| {
            let script = format!("echo {number} >> order");
            let by_option = number % 2 == 0;
            let options: &[&str] = if by_option { &["--fair"] } else { &[] };
            let rest = ["key", "--", "sh", "-c", &script];
            let mut command = run_on(&fleet.urls(), &[options, &rest].concat());
            if !by_option {
                command.env("QUORLOCK_FAIR", "1");
            }
            command.current_dir(marks.directory());
            let running = Running::start(command);
            wait_until("its places", || {
                let all = fleet.iter().all(|server| queued(server) == number);
                all.then_some(())
            });
            running
        })
        .collect();
    for server in fleet.iter() {
        Connection::to(server).call(&["DEL", "key"]);
    }
    for running in waiting {
        let outcome = running.finish();
        assert_eq!(outcome.code(), 0, "{}", outcome.stderr);
    }
    let order = std::fs::read_to_string(marks.directory().join("order")).unwrap();
    assert_eq!(order, "1\n2\n3\n4\n");
    assert_empty(&fleet);
}
