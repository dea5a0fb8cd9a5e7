//! What must hold in every state, and what a run has to have seen to be worth anything.

use stateright::Property;

use crate::model::Checked;
use crate::names::{Who, nodes};
use crate::world::World;
use quorlock_core::{Problem, QuarantineCause};

/// A claim about every state. The names in front are those of the list of invariants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// I3: the resource takes no write of an older tenure behind one of a newer.
    NoStaleWrite,
    /// No two clients believe that they hold the lock. A claim that no lease can keep: a client that is paused believes
    /// on. It is there to be violated.
    OneBeliever,
    /// I1: no two clients hold the lock: have been told so, and their validity runs.
    OneHolder,
    /// I4: a release or an extension leaves the key of another owner as it is.
    OwnKeysOnly,
    /// I2: the token of each tenure is above that of the one before.
    TokensRise,
}

/// Something that some state of a run must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// A client asks for the lock while the other one holds it.
    Contest,
    /// A lease was renewed.
    Extended,
    /// A lock was acquired behind another tenure.
    Handover,
    /// A lock was acquired.
    Held,
    /// An acquire was executed after its connection had broken.
    LateAcquire,
    /// A release or an extension met the key of another owner.
    MetForeign,
    /// A client keeps a node out that has restarted or whose clock has jumped.
    Quarantine,
    /// The resource refused a write.
    RefusedWrite,
    /// Two clients believe that they hold the lock.
    TwoBelievers,
}

impl Claim {
    /// How it is told.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoStaleWrite => "no stale write",
            Self::OneBeliever => "one believer",
            Self::OneHolder => "one holder",
            Self::OwnKeysOnly => "own keys only",
            Self::TokensRise => "tokens rise",
        }
    }

    pub(crate) fn property(self) -> Property<Checked> {
        let condition: fn(&Checked, &World) -> bool = match self {
            Self::NoStaleWrite => |_, world| !world.resource.took_stale,
            Self::OneBeliever => |_, world| world.believers() <= 1,
            Self::OneHolder => |_, world| world.holders() <= 1,
            Self::OwnKeysOnly => |_, world| !world.history.touched_foreign,
            Self::TokensRise => |_, world| !world.history.token_fell,
        };
        Property::always(self.name(), condition)
    }
}

impl Sight {
    /// How it is told.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Contest => "one asks while the other holds",
            Self::Extended => "a lease is renewed",
            Self::Handover => "one tenure follows another",
            Self::Held => "the lock is held",
            Self::LateAcquire => "an acquire is executed late",
            Self::MetForeign => "a release meets another owner's key",
            Self::Quarantine => "a node is kept out",
            Self::RefusedWrite => "a write is refused",
            Self::TwoBelievers => "two believe that they hold",
        }
    }

    pub(crate) fn property(self) -> Property<Checked> {
        let condition: fn(&Checked, &World) -> bool = match self {
            Self::Contest => |_, world| world.holders() == 1 && world.asks(),
            Self::Extended => |_, world| world.history.extended,
            Self::Handover => |_, world| world.history.tenures >= 2,
            Self::Held => |_, world| world.holders() >= 1,
            Self::LateAcquire => |_, world| world.history.late_acquire,
            Self::MetForeign => |_, world| world.history.met_foreign,
            Self::Quarantine => |_, world| keeps_out(world),
            Self::RefusedWrite => |_, world| world.resource.refused,
            Self::TwoBelievers => |_, world| world.believers() >= 2,
        };
        Property::sometimes(self.name(), condition)
    }
}

fn keeps_out(world: &World) -> bool {
    let quarantined = |who: &Who| {
        nodes().any(|node| {
            let problem = world.client(*who).set.problem(node);
            problem.is_some_and(|problem| {
                matches!(problem, Problem::Quarantined(quarantine)
                    if quarantine.cause != QuarantineCause::NotArmed)
            })
        })
    };
    Who::ALL.iter().any(quarantined)
}
