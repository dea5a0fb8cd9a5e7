//! Distributed locks on Redis and Valkey: the protocol as state machines, without I/O.
#![no_std]

extern crate alloc;

mod acquire;
mod client;
mod command;
mod config;
mod event;
mod extend;
mod handshake;
mod link;
mod lock;
mod lockset;
mod node;
mod owner;
mod quorum;
mod random;
mod release;
pub mod script;
mod server_error;
mod session;
mod slab;
mod time;
mod timers;
mod validity;

pub use client::{Action, Client};
pub use command::{Answer, Command, Ticket, UnexpectedReply, Verb};
pub use config::{Backoff, Config, ConfigError, Credentials, Limits, NodeConfig, Timing};
pub use event::{
    AcquireFailed, AcquireFailure, Acquired, Closed, Event, ExtendFailed, Extended, LockId, Lost,
    LostCause, NodeNews, NodeVerdict, Problem, ReleaseReport, Released, Verdict,
};
pub use lock::{AcquireError, AcquireRequest, UnknownLock, Wait};
pub use lockset::{LockSet, NodeState};
pub use node::{MAX_NODES, NodeId, NodeSet, Nodes};
pub use owner::{ClientId, Owner};
pub use quorum::{Decision, Quorum, decide};
pub use server_error::{ErrorKind, ServerError};
pub use session::{Received, Session, SessionError};
pub use time::Instant;
pub use validity::{Drift, Ttl, TtlError};
