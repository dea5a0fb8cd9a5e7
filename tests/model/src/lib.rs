//! The lock machines under a model checker: every schedule of a small scope, not some of a large one.
//!
//! Two clients, each a real [`LockSet`](quorlock_core::LockSet), and three nodes, each a real (embedded)
//! [`Node`](quorlock_embedded::Node) that runs the twins of the real scripts on the bytes that a client would send.
//! There is no second model of the lock here: what is made up is time, which goes in ticks of a second, and the links,
//! on which a command or an answer may travel for as long as it likes. A paused client needs no fault: nothing makes it
//! read, or look at its timers.
//!
//! | module | what it is for |
//! |---|---|
//! | `scope` | how far a run goes, what the clients want, which faults there are |
//! | `world`, `client`, `server`, `link`, `resource` | the state |
//! | `action`, `step` | what can happen next, and what comes of it |
//! | `claims` | what must hold in every state, and what must be seen in some |
//! | `model`, `run`, `runs` | the checker ([stateright](https://github.com/stateright/stateright)) and the table of runs |
//! | `names`, `time`, `part`, `trace` | small things |
//!
//! # What it can find, and what not
//! Every schedule within the scope of a run is tried, however unlikely: a proof has a twin that shows that it can fail,
//! and things that it must have seen. Out of scope are a third client, more than one key, clocks that differ by parts of
//! a tick, and anything later than the horizon; the simulation has those, by chance. States are compared by a 64-bit
//! hash: at a million states a collision, which would hide a state, has a chance of about one in forty million.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a model that can't go on fails the run with clear words; places of clients and nodes are in bounds"
)]

mod action;
mod claims;
mod client;
mod link;
mod model;
mod names;
mod part;
mod resource;
mod run;
mod runs;
mod scope;
mod server;
mod step;
mod time;
mod trace;
mod world;

pub use action::Action;
pub use claims::{Claim, Sight};
pub use names::Who;
pub use run::{Expected, Outcome, Run};
pub use runs::runs;
pub use scope::{Clocks, Faults, Intents, Scope, Tokens, Until, Writes};
pub use world::World;
