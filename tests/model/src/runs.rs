//! The table of runs: every proof, and its twin that shows that the proof can fail.

use quorlock_core::RestartGuard;

use crate::claims::{Claim, Sight};
use crate::run::{Expected, Run};
use crate::scope::{Clocks, Faults, Intents, Scope, Tokens, Until, Writes};

/// Locks without tokens, for claims that tokens have no part in.
const LOCK_ONLY: Scope = Scope {
    tokens: Tokens::Off,
    clocks: Clocks::Unknown,
    ..Scope::PLAIN
};

/// One node may restart empty, at any time; who holds the lock keeps it.
const RESTART: Scope = Scope {
    intents: [Intents::HOLD; 2],
    faults: Faults {
        restarts: 1,
        ..Faults::NONE
    },
    until: Until::TwoHolders,
    ..LOCK_ONLY
};

/// A holder that extends while the other client waits for its end.
const EXTEND: Scope = Scope {
    intents: [
        Intents {
            extend: 1,
            ..Intents::HOLD
        },
        Intents::HOLD,
    ],
    until: Until::TwoHolders,
    ..LOCK_ONLY
};

/// A holder that writes as late as it likes.
const PAUSE: Scope = Scope {
    intents: [Intents::WRITE; 2],
    ..Scope::PLAIN
};

/// Leases of two ticks, one of which is the allowance for drift; clocks may step ahead.
const DRIFT: Scope = Scope {
    lease: [2; 2],
    margin: 1,
    horizon: 2,
    intents: [Intents::HOLD; 2],
    until: Until::TwoHolders,
    ..LOCK_ONLY
};

/// A node restarts after a tenure has ended, and the next one is over it.
const LOST_COUNTER: Scope = Scope {
    lease: [1; 2],
    horizon: 1,
    intents: [Intents::HOLD; 2],
    guard: RestartGuard::Uptime,
    faults: Faults {
        restarts: 1,
        ..Faults::NONE
    },
    ..Scope::PLAIN
};

/// All runs, in the order in which they are to be read.
#[must_use]
pub fn runs() -> Vec<Run> {
    [restarts(), schedules(), pauses(), clocks(), tokens()].concat()
}

const fn holds(
    name: &'static str,
    about: &'static str,
    scope: Scope,
    claims: &'static [Claim],
    sights: &'static [Sight],
) -> Run {
    Run {
        name,
        about,
        scope,
        expected: Expected::Holds(claims, sights),
        long: false,
    }
}

const fn violated(name: &'static str, about: &'static str, scope: Scope, claim: Claim) -> Run {
    Run {
        name,
        about,
        scope,
        expected: Expected::Violated(claim),
        long: false,
    }
}

/// Left out by default: it takes minutes.
const fn long(mut run: Run) -> Run {
    run.long = true;
    run
}

/// The case that guards are for.
fn restarts() -> Vec<Run> {
    vec![
        violated(
            "restart-no-guard",
            "a node of both quorums restarts empty",
            Scope {
                horizon: 1,
                ..RESTART
            },
            Claim::OneHolder,
        ),
        holds(
            "restart-guard",
            "the guard keeps the node out for the longest lease",
            Scope {
                guard: RestartGuard::Uptime,
                ..RESTART
            },
            &[Claim::OneHolder],
            &[Sight::Held, Sight::Contest, Sight::Quarantine],
        ),
        violated(
            "restart-guard-short",
            "B was told of a longest lease that is a tick shorter than A's lease, and waits for that",
            Scope {
                guard: RestartGuard::Uptime,
                lease: [2, 1],
                ..RESTART
            },
            Claim::OneHolder,
        ),
    ]
}

/// Nothing goes wrong but that messages and clients are slow, or late.
fn schedules() -> Vec<Run> {
    vec![
        holds(
            "no-faults",
            "anybody may be as slow as can be",
            Scope {
                horizon: 3,
                ..LOCK_ONLY
            },
            &[Claim::OneHolder],
            &[Sight::Held, Sight::Handover],
        ),
        holds(
            "extend",
            "a lease is extended while the other client waits for its end",
            Scope {
                lease: [2, 1],
                horizon: 2,
                ..EXTEND
            },
            &[Claim::OneHolder, Claim::OwnKeysOnly],
            &[Sight::Extended, Sight::MetForeign],
        ),
        long(holds(
            "extend-long",
            "the same with leases of three ticks",
            Scope {
                lease: [3; 2],
                horizon: 4,
                ..EXTEND
            },
            &[Claim::OneHolder, Claim::OwnKeysOnly],
            &[Sight::Extended, Sight::MetForeign],
        )),
        holds(
            "late-commands",
            "connections break, and what they leave behind is executed late or never",
            Scope {
                horizon: 0,
                faults: Faults {
                    breaks: 1,
                    ..Faults::NONE
                },
                can_kill: false,
                until: Until::LastTenure,
                ..LOCK_ONLY
            },
            &[Claim::OneHolder, Claim::OwnKeysOnly],
            &[Sight::Handover, Sight::LateAcquire, Sight::MetForeign],
        ),
    ]
}

/// What a lease can't prevent, and a fence can.
fn pauses() -> Vec<Run> {
    vec![
        violated(
            "pause-believers",
            "a paused holder has not heard that its lease is over",
            LOCK_ONLY,
            Claim::OneBeliever,
        ),
        violated(
            "pause-unfenced",
            "its write arrives behind that of the next holder, and is taken",
            Scope {
                writes: Writes::Unfenced,
                ..PAUSE
            },
            Claim::NoStaleWrite,
        ),
        holds(
            "pause-fenced",
            "the resource compares tokens",
            PAUSE,
            &[Claim::NoStaleWrite, Claim::OneHolder, Claim::TokensRise],
            &[Sight::Handover, Sight::RefusedWrite, Sight::TwoBelievers],
        ),
    ]
}

/// Clocks of nodes that run ahead.
fn clocks() -> Vec<Run> {
    vec![
        holds(
            "drift-within",
            "each clock runs ahead by a tick of the lease, which is allowed for",
            Scope {
                faults: Faults {
                    skews: 2,
                    most_ahead: 1,
                    ..Faults::NONE
                },
                ..DRIFT
            },
            &[Claim::OneHolder],
            &[Sight::Held, Sight::Contest],
        ),
        violated(
            "drift-beyond",
            "a clock runs ahead by two, of which one is allowed for",
            Scope {
                faults: Faults {
                    skews: 2,
                    most_ahead: 2,
                    ..Faults::NONE
                },
                ..DRIFT
            },
            Claim::OneHolder,
        ),
    ]
}

/// Tokens that rise with every tenure.
fn tokens() -> Vec<Run> {
    vec![
        holds(
            "tokens-proposed",
            "the client proposes, nodes accept above their counters; no clock is known",
            Scope {
                horizon: 0,
                clocks: Clocks::Unknown,
                ..Scope::PLAIN
            },
            &[Claim::TokensRise, Claim::OneHolder],
            &[Sight::Handover],
        ),
        long(holds(
            "tokens-proposed-twice",
            "the same with clocks, and one of the clients twice",
            Scope {
                horizon: 0,
                intents: [Intents::AGAIN, Intents::ONCE],
                ..Scope::PLAIN
            },
            &[Claim::TokensRise, Claim::OneHolder],
            &[Sight::Handover],
        )),
        violated(
            "tokens-largest-increment",
            "a naive scheme: the largest of what the nodes of the quorum have counted",
            Scope {
                horizon: 0,
                tokens: Tokens::LargestIncrement,
                clocks: Clocks::Unknown,
                intents: [Intents::AGAIN, Intents::ONCE],
                ..Scope::PLAIN
            },
            Claim::TokensRise,
        ),
        long(violated(
            "counter-lost-bare",
            "a restart loses the counter, and nothing but counters orders tokens",
            Scope {
                clocks: Clocks::Unknown,
                ..LOST_COUNTER
            },
            Claim::TokensRise,
        )),
        holds(
            "counter-lost-clock",
            "a restart loses the counter; the clock orders tokens over it, and the guard waits",
            LOST_COUNTER,
            &[Claim::TokensRise, Claim::OneHolder],
            &[Sight::Handover, Sight::Quarantine],
        ),
    ]
}
