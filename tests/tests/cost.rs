//! What a lock costs its server, by the server's own count, and how much of it goes over the wire.
//!
//! `cargo test --release -p quorlock-tests --test cost -- --nocapture` prints the table.
#![allow(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that can't go on fails with the words at hand"
)]

use quorlock_core::script::ARM;
use quorlock_driver::{Fencing, RestartGuard};
use quorlock_resp::Value;
use quorlock_tests::connection::Connection;
use quorlock_tests::deployment::{MAX_TTL, deployed};
use quorlock_tests::servers::{CommandStatistics, Make, Options, Server, statistics};
use quorlock_tests::turn;

/// Locks that are taken and released for a row of the table.
const LOCKS: u32 = 2_000;

/// What is asked of the nodes, from nothing more than a lock to everything.
const LEVELS: [(&str, RestartGuard, Fencing); 4] = [
    ("lock only", RestartGuard::Off, Fencing::Off),
    ("+ guard", RestartGuard::Strict, Fencing::Off),
    ("+ token", RestartGuard::Off, Fencing::DEFAULT),
    ("+ guard + token", RestartGuard::Strict, Fencing::DEFAULT),
];

/// What one lock cost, taken and released.
struct Cost {
    commands: f64,
    micros: f64,
    bytes_in: f64,
    bytes_out: f64,
    /// What was counted.
    by: String,
    /// Each command's mean, by its name.
    each: Vec<(String, f64)>,
}

#[test]
fn a_table_of_what_a_lock_costs_its_server() {
    let _turn = turn::take();
    println!(
        "\n| server | asked for | commands | server us | bytes to | bytes from | by command, us each |"
    );
    println!("|---|---|---:|---:|---:|---:|---|");
    for make in [Make::Redis7, Make::Redis8, Make::Valkey9] {
        let program = match make.program() {
            Ok(program) => program,
            Err(reason) => {
                println!("| {make} | LEFT OUT: {reason} | | | | | |");
                continue;
            }
        };
        let mut before = 0.0;
        for (name, guard, fencing) in LEVELS {
            let options = Options::new().with_binary(&program);
            let cost = measure(&options, guard, fencing);
            let each: Vec<String> = cost
                .each
                .iter()
                .map(|(name, micros)| format!("{name} {micros:.2}"))
                .collect();
            println!(
                "| {make} | {name} | {:.2} | {:.2} | {:.0} | {:.0} | {} |",
                cost.commands,
                cost.micros,
                cost.bytes_in,
                cost.bytes_out,
                each.join(", ")
            );
            assert!(
                cost.commands < 2.1,
                "one to acquire and one to release, by {}",
                cost.by
            );
            assert!(
                cost.bytes_in > before || guard == RestartGuard::Off,
                "more is asked"
            );
            before = cost.bytes_in;
        }
    }
}

fn measure(options: &Options, guard: RestartGuard, fencing: Fencing) -> Cost {
    let server = Server::start(options);
    arm(&server);
    smol::block_on(async {
        let builder = deployed(quorlock_smol::builder())
            .guard(guard)
            .fencing(fencing);
        let client = builder.nodes([server.url()]).unwrap().build().unwrap();
        // the handshake is over
        client.lock("warm").acquire().await.unwrap().release().await;
        let (stats, bytes) = (statistics(&server), traffic(&server));
        for _ in 0..LOCKS {
            client
                .lock("invoice-7")
                .try_acquire()
                .await
                .unwrap()
                .release()
                .await;
        }
        let (stats_after, bytes_after) = (statistics(&server), traffic(&server));
        let per_lock = |count: u64| count as f64 / f64::from(LOCKS);
        let mut spent = difference(&stats, &stats_after);
        spent.retain(|it| it.calls >= u64::from(LOCKS));
        let calls = spent.iter().map(|it| it.calls).sum();
        let micros = spent.iter().map(|it| it.micros).sum();
        client.close(core::time::Duration::from_secs(5)).await;
        Cost {
            commands: per_lock(calls),
            micros: per_lock(micros),
            bytes_in: per_lock(bytes_after.0 - bytes.0),
            bytes_out: per_lock(bytes_after.1 - bytes.1),
            by: format!("{spent:?}"),
            each: spent
                .iter()
                .map(|it| (it.name.clone(), it.micros as f64 / it.calls as f64))
                .collect(),
        }
    })
}

/// The administrator's word that the server may vote at once.
fn arm(server: &Server) {
    let mut connection = Connection::to(server);
    let reply = connection.call(&["INFO", "server"]);
    let (Value::Bulk(text) | Value::Verbatim { text, .. }) = reply.value() else {
        unreachable!("INFO is answered with a text")
    };
    let text = String::from_utf8_lossy(text).into_owned();
    let run_id = text.lines().find_map(|line| line.strip_prefix("run_id:"));
    let max_ttl = MAX_TTL.as_millis().to_string();
    connection.call(&[
        "EVAL",
        ARM.text,
        "1",
        "quorlock:guard",
        run_id.unwrap(),
        &max_ttl,
        "1",
    ]);
}

fn difference(before: &[CommandStatistics], after: &[CommandStatistics]) -> Vec<CommandStatistics> {
    let known = |name: &str| before.iter().find(|it| it.name == name);
    let less = |it: &CommandStatistics| CommandStatistics {
        calls: it.calls - known(&it.name).map_or(0, |it| it.calls),
        micros: it.micros - known(&it.name).map_or(0, |it| it.micros),
        ..it.clone()
    };
    // what scripts call is counted by itself, and in the script's time
    let own = |it: &&CommandStatistics| {
        matches!(it.name.as_str(), "evalsha" | "set" | "delifeq" | "delex")
    };
    let mut difference: Vec<_> = after.iter().filter(own).map(less).collect();
    if difference
        .iter()
        .any(|it| it.name == "evalsha" && it.calls >= u64::from(LOCKS))
    {
        difference.retain(|it| it.name == "evalsha");
    }
    difference
}

/// Bytes that the server has read and written.
fn traffic(server: &Server) -> (u64, u64) {
    let reply = Connection::to(server).call(&["INFO", "stats"]);
    let (Value::Bulk(text) | Value::Verbatim { text, .. }) = reply.value() else {
        unreachable!("INFO is answered with a text")
    };
    let text = String::from_utf8_lossy(text).into_owned();
    let field = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        value.unwrap().trim().parse().unwrap()
    };
    (
        field("total_net_input_bytes:"),
        field("total_net_output_bytes:"),
    )
}
