//! Drives [`quorlock_core`] over any async runtime: one task per client that moves
//! bytes and sleeps, handles and guards for everybody else.
//!
//! Use it through an adapter, `quorlock-tokio` or `quorlock-smol`, which implements
//! [`Runtime`] and re-exports everything here. An example stands there.
//!
//! ```text
//!   Client, Request, Guard          any task of yours
//!           │  orders                     ▲  news
//!           ▼                             │
//!        Engine: Mutex<quorlock_core::Client>, slots, the task's waker
//!           ▲                             │
//!           │  what was read              ▼  what to write, when to wake up
//!   Driver ─ Link (one per node) ─ Runtime: sockets, timers, a place to run
//! ```
//!
//! What the handles promise:
//! - Dropping the future of an acquisition cancels it, dropping a [`Guard`] releases
//!   it; neither blocks, neither leaves a key behind on a node that can be reached.
//! - [`Guard::lost`] is ready no later than the validity ends, whatever the network,
//!   the servers and the client's task do.
//! - Every future ends, also when the runtime is dropped under it.

mod address;
mod alarm;
mod builder;
mod client;
mod clock;
mod engine;
mod error;
mod extend;
mod guard;
mod link;
mod log;
mod lost;
mod multi;
mod names;
mod node_status;
mod node_url;
mod place;
mod redact;
mod release;
mod request;
mod runtime;
mod sentinel_url;
mod sentinels;
mod shards;
mod slot;
mod task;
mod watched;

pub use bytes::Bytes;
pub use quorlock_core::{
    Backoff, Caution, ConfigError, Drift, ErrorKind, Fairness, Fencing, FencingToken, HashSlot,
    Keys, KeysError, Limits, NodeVerdict, Owner, Placement, PlacementError, Problem, Quarantine,
    QuarantineCause, Quorum, Replication, RestartGuard, ServerError, Timing, Ttl, TtlError,
};

pub use crate::address::Address;
pub use crate::builder::Builder;
pub use crate::client::{Client, CloseReport};
pub use crate::error::{AcquireError, BuildError, Refusal, RequestError, SeedFault};
pub use crate::extend::{ExtendError, ExtendFailure, Extension};
pub use crate::guard::{Grant, Guard};
pub use crate::lost::{Lost, LostCause, LostFuture};
pub use crate::multi::{MultiGuard, MultiLostFuture, MultiRelease, MultiRequest, Part};
pub use crate::names::NodeNames;
pub use crate::node_status::{NodeStatus, NodeWatch};
pub use crate::node_url::{NodeUrl, UrlError, UrlFault};
pub use crate::place::Place;
pub use crate::release::{Release, Verdict};
pub use crate::request::Request;
pub use crate::runtime::{Runtime, Stream, Task, Timer};
pub use crate::sentinels::Sentinels;
pub use crate::shards::{Shards, ShardsError};
