//! A second client asks for a lock that the first one holds, after a node that it needs has forgotten.

use core::time::Duration;
use std::time::Instant;

use quorlock_driver::{Client, Guard, Problem, QuarantineCause};
use quorlock_tests::servers::Server;

use crate::cluster::{KEY, MAX_TTL, PATIENCE};

/// How long the rival asks at first: a node is connected again within 100 ms, and the lock is held for longer.
const ASKING: Duration = Duration::from_millis(600);

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Both held the lock at one time.
    Double,
    /// The node did not vote, for this reason, until the first holder's validity had ended.
    Refused(QuarantineCause),
}

/// Asks for the lock by `rival` while it is `held`; `suspect` is the node that has forgotten.
pub(crate) async fn challenge(held: &Guard, rival: &Client, suspect: &Server) -> Outcome {
    let lock = rival.lock(KEY).ttl(MAX_TTL.as_duration());
    let error = match lock.clone().acquire_within(ASKING).await {
        Ok(guard) => {
            assert!(held.is_held(), "too late to tell: the machine is too busy");
            guard.release().await;
            return Outcome::Double;
        }
        Err(error) => error,
    };
    let name = suspect.address().to_string();
    let problems = &error.refusal().expect("answers of the nodes").problems;
    let problem = problems.iter().find(|(node, _)| *node == name);
    let Some((_, Problem::Quarantined(quarantine))) = problem else {
        panic!("the node said {problem:?}: {error}")
    };
    let guard = lock.acquire_within(PATIENCE).await.unwrap();
    assert!(Instant::now() > held.valid_until());
    guard.release().await;
    Outcome::Refused(quarantine.cause)
}
