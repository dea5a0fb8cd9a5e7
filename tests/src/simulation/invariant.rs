//! What must hold. The numbers are those of the tests: `i01_..` holds the first to account.

use core::fmt;
use core::time::Duration;

/// An invariant, by number and words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// I1: at no time do two clients believe that they hold one key.
    OneHolder,
    /// I2: each tenure of a key has a larger token than the one before.
    TokensRise,
    /// I3: behind a write of a newer tenure the storage accepts none of an older one.
    NoStaleWrite,
    /// I4: a command touches a key only where that holds the command's own owner.
    OwnKeysOnly,
    /// I5: every key of a lock has an end, within the longest lease.
    EveryKeyEnds,
    /// I6: after the faults every key is had again, and every operation has an answer by its deadline.
    Progress,
    /// I7: a verdict on a release says no more than what is so on the nodes.
    TrueVerdicts,
    /// I8: a key that nobody renews is gone one lease after it was last renewed.
    DeadHoldersFree,
    /// I9: a client that did what was due does not want to be called again at the same time.
    TimersAdvance,
    /// I11: granted; then extensions; then one end.
    EventOrder,
    /// I12: a client that runs is told of a loss when its validity ends, or before.
    LossTold,
    /// I13: what is told to be held is valid when it is told.
    ValidWhenTold,
    /// I14: what was asked of a node and not refused is given back there, and nothing is left when a client has closed.
    NothingLeft,
    /// I15: a node that may have forgotten gives no vote for as long as the longest lease; and no extension makes a key.
    ForgettersSilent,
    /// I16: a grant counts for the round that asked for it, and for no other.
    OwnRoundOnly,
    /// I17: a node takes and renews all keys of a lock or none, and a release leaves none.
    AllOrNone,
    /// At most one acquire and one release of a round are on their way to a node.
    OneInFlight,
}

impl Invariant {
    const fn words(self) -> &'static str {
        match self {
            Self::OneHolder => "I1, one holder",
            Self::TokensRise => "I2, tokens rise",
            Self::NoStaleWrite => "I3, no stale write",
            Self::OwnKeysOnly => "I4, own keys only",
            Self::EveryKeyEnds => "I5, every key ends",
            Self::Progress => "I6, progress",
            Self::TrueVerdicts => "I7, true verdicts",
            Self::DeadHoldersFree => "I8, dead holders free their keys",
            Self::TimersAdvance => "I9, timers advance",
            Self::EventOrder => "I11, order of events",
            Self::LossTold => "I12, losses are told in time",
            Self::ValidWhenTold => "I13, valid when told",
            Self::NothingLeft => "I14, nothing is left",
            Self::ForgettersSilent => "I15, who forgot is silent",
            Self::OwnRoundOnly => "I16, a grant counts for its round",
            Self::AllOrNone => "I17, all or none",
            Self::OneInFlight => "one command in flight",
        }
    }

    /// The violation of it, to be told with its time.
    pub(super) fn broken(self, what: impl Into<String>) -> Broken {
        Broken {
            invariant: self,
            what: what.into(),
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// A violation whose time is the time of the world.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) invariant: Invariant,
    pub(super) what: String,
}

/// What every check answers.
pub(super) type Checked = Result<(), Broken>;

/// An invariant that did not hold. A run ends with its first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// When, in true time since the run began.
    pub at: Duration,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            invariant,
            at,
            what,
        } = self;
        write!(f, "{invariant}: {what}, at {at:?}")
    }
}
