//! The embedded node against a real server of each make: the same random commands to both, every reply compared byte for
//! byte, and the keys with their values and times.
//!
//! The real server shows the same frozen clock as the node (see `quorlock_tests::skew`), which is stepped to the
//! millisecond before a key expires, to that millisecond and to the one after. A failure names the seed:
//!
//! ```text
//! QUORLOCK_SEED=42 cargo test -p quorlock-tests --test differential
//! QUORLOCK_DIFF_OPS=1000000 cargo test --release -p quorlock-tests --test differential
//! ```
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that can't go on fails with the words at hand"
)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "the test names the kinds of reply that it looks at"
)]

#[path = "differential/commands.rs"]
mod commands;
#[path = "differential/coverage.rs"]
mod coverage;
#[path = "differential/edges.rs"]
mod edges;
#[path = "differential/malformed.rs"]
mod malformed;
#[path = "differential/normalise.rs"]
mod normalise;
#[path = "differential/oddities.rs"]
mod oddities;
#[path = "differential/pair.rs"]
mod pair;
#[path = "differential/queues.rs"]
mod queues;
#[path = "differential/scene.rs"]
mod scene;
#[path = "differential/scripts.rs"]
mod scripts;
#[path = "differential/seed.rs"]
mod seed;
#[path = "differential/sessions.rs"]
mod sessions;
#[path = "differential/several.rs"]
mod several;
#[path = "differential/state.rs"]
mod state;
#[path = "differential/time.rs"]
mod time;

use coverage::Coverage;
use pair::Pair;
use quorlock_tests::servers::Options;
use quorlock_tests::{on_each_make, turn};
use scene::Scene;
use sessions::Sessions;

on_each_make!(
    newest protocol: commands_and_scripts_do_the_same_to_the_keys,
    queues_move_on_the_same,
    connections_begin_and_end_the_same,
    broken_requests_are_refused_the_same,
);

fn commands_and_scripts_do_the_same_to_the_keys(plain: &Options) {
    let _turn = turn::take();
    let mut rng = seed::rng();
    let operations = seed::operations();
    let pair = Pair::start(plain, None);
    let (mut client, mut observer) = (pair.connect(), pair.connect());
    let mut coverage = Coverage::default();
    let mut scene = Scene::new(pair.now());
    let mut done = 0;
    while done < operations {
        let batch: Vec<_> = (0..rng.u8(1..8))
            .flat_map(|_| commands::random(&mut rng, &scene))
            .collect();
        let replies = client.run(&batch, scene.now);
        for (command, reply) in batch.iter().zip(&replies) {
            coverage.count_in(&scene, command, reply);
            done += 1;
        }
        if rng.bool() {
            state::compare(&mut observer, &mut scene, &mut coverage);
        }
        scene.now = time::next(&mut rng, &scene);
        pair.set_now(scene.now);
    }
    println!("{done} commands");
    coverage.check(done);
}

fn queues_move_on_the_same(plain: &Options) {
    let _turn = turn::take();
    let mut rng = seed::rng();
    let pair = Pair::start(plain, None);
    queues::crowd(&pair, &mut rng, seed::operations() / 5);
}

fn connections_begin_and_end_the_same(plain: &Options) {
    let _turn = turn::take();
    let mut rng = seed::rng();
    let Some(mut sessions) = Sessions::start(plain) else {
        println!("skipped: the handshake is compared with Redis 7.0 only");
        return;
    };
    for _ in 0..seed::operations() / 10 {
        sessions.step(&mut rng);
    }
}

fn broken_requests_are_refused_the_same(plain: &Options) {
    let _turn = turn::take();
    let mut rng = seed::rng();
    let pair = Pair::start(plain, None);
    for _ in 0..seed::operations() / 100 {
        malformed::run(&pair, &mut rng);
    }
}
