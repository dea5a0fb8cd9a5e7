//! Distributed locks on Redis and Valkey: the protocol as state machines, without I/O.
//!
//! A lock is votes: it is held when k of n nodes grant it and validity remains. This
//! crate decides; it opens no socket, reads no clock and draws no random number, and
//! needs no `std`. An adapter moves the bytes and tells the time.
//!
//! ```text
//!   application                                     adapter
//!   acquire, extend, release     ┌───────────┐     handle_connected, handle_input,
//!   cancel, close           ───> │  Client   │ <── handle_disconnected, handle_timeout
//!   poll_event              <─── │           │ ──> poll_action, poll_transmit,
//!                                └─────┬─────┘     poll_timeout
//!               ┌──────────────────────┴─────────────────────┐
//!          Session                                        LockSet
//!  one connection: handshake,              many locks: rounds, leases, releases;
//!  bytes, tickets in order;                commands in, commands out; no bytes
//!  knows no lock                                             │
//!                                       acquire · extend · release: copyable machines
//!                                       quorum · validity · owner: pure functions
//! ```
//!
//! [`Client`] is the whole protocol over bytes. Who has a Redis client already uses
//! [`LockSet`] alone. [`Bundle`] acquires several locks as one, whoever grants them. The
//! same calls give the same outputs, byte for byte.
//!
//! ```
//! use core::time::Duration;
//! use quorlock_core::{AcquireRequest, Action, Client, ClientId, Config, Instant, NodeConfig, Ttl};
//!
//! let nodes = ["a:6379", "b:6379", "c:6379"].map(NodeConfig::new);
//! let now = Instant::ORIGIN; // the caller's clock
//! let mut client = Client::new(Config::new(nodes, ClientId(0x1234), 7), now)?;
//! client.acquire(now, AcquireRequest::new("invoice-7", Ttl::new(Duration::from_secs(10))?))?;
//! while let Some(Action::Connect(node)) = client.poll_action() {
//!     // connect to it, then tell; the bytes to write come from `poll_transmit`
//!     client.handle_connected(now, node);
//!     let mut out = bytes::BytesMut::new();
//!     assert!(client.poll_transmit(node, &mut out));
//!     assert!(out.starts_with(b"*2\r\n$5\r\nHELLO"));
//! }
//! # Ok::<_, Box<dyn core::error::Error>>(())
//! ```
#![no_std]

extern crate alloc;

mod acquire;
mod apply;
mod bundle;
mod channel;
mod client;
mod cluster_config;
mod command;
mod config;
mod dialect;
mod endpoint;
mod event;
mod extend;
mod facts;
mod fairness;
mod guard;
mod handshake;
mod hash_slot;
mod herd;
mod keys;
mod line;
mod link;
mod lock;
mod lockset;
mod node;
mod owner;
mod placement;
mod problem;
mod quorum;
mod random;
mod redirect;
mod release;
mod replication;
mod reply;
mod route;
pub mod script;
mod sentinel;
mod server_clock;
mod server_error;
mod session;
mod slab;
mod slot_map;
mod slots_reply;
mod time;
mod timers;
mod token;
mod topology;
mod turn;
mod validity;

pub use apply::{Applied, Apply, ApplyError};
pub use bundle::{Bundle, Order, Refused};
pub use client::{Action, Client};
pub use cluster_config::ClusterConfig;
pub use command::{Command, Terms, Ticket, Verb};
pub use config::{Backoff, Config, ConfigError, Credentials, Limits, NodeConfig, Timing};
pub use dialect::{Capabilities, CompareAndDelete, Dialect};
pub use endpoint::Endpoint;
pub use event::{
    AcquireFailed, AcquireFailure, Acquired, Caution, Closed, Event, ExtendFailed, Extended,
    LockId, Lost, LostCause, NodeNews, NodeVerdict, ReleaseReport, Released, Verdict,
};
pub use facts::{ClockSample, NodeFacts, RunId};
pub use fairness::{Fairness, Queueing};
pub use guard::{GUARD_KEY, Quarantine, QuarantineCause, RestartGuard};
pub use hash_slot::{HashSlot, hash_tag};
pub use keys::{Keys, KeysError};
pub use lock::{AcquireError, AcquireRequest, ExtendError, ExtendTurn, UnknownLock, Wait};
pub use lockset::{LockSet, NodeState};
pub use node::{MAX_NODES, NodeId, NodeSet, Nodes};
pub use owner::{ClientId, Owner};
pub use placement::{Placement, PlacementError};
pub use problem::Problem;
pub use quorum::{Decision, Quorum, decide};
pub use replication::Replication;
pub use reply::{Answer, Reply, UnexpectedReply};
pub use sentinel::{Sentinel, SentinelError};
pub use server_error::{ErrorKind, ServerError};
pub use session::{Received, Session, SessionError};
pub use time::Instant;
pub use token::{Fencing, FencingToken, counter_key};
pub use turn::Turn;
pub use validity::{Drift, Ttl, TtlError};
