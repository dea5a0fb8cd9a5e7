//! A lock node inside of your own process, for tests and demonstrations.
//!
//! It answers what a lock client asks of a Redis server, with the replies and the error
//! texts of Redis 7.0, over RESP2 and RESP3: the handshake (`HELLO`, `AUTH`, `CLIENT`,
//! `SELECT`, `INFO`), the scripts of `quorlock-core` (`EVAL`, `EVALSHA`, `SCRIPT`), and
//! the few commands with which a test looks at the keys. It stores nothing on disk,
//! replicates nothing, and runs no other scripts.
//!
//! ```text
//!   Server          MemoryNode         your own loop
//!   loopback port   clock you set      sockets of any kind
//!        └──────────────┼──────────────────┘
//!                     Node               bytes in, bytes out, time as an argument
//! ```
//!
//! * [`Node`] is the machine: no sockets, no threads, no clock.
//! * [`MemoryNode`] serves it within a test, deterministically.
//! * [`Server`] serves it on a loopback port, for any Redis client.
//!
//! # What differs from a real server
//! * Keys go only when they are touched or when room is needed; `DBSIZE` counts living
//!   keys.
//! * Requests must be arrays of bulk strings with every line end right; inline
//!   commands are a protocol error.
//! * `INFO server` tells `quorlock_first_life` in addition, see [`Config::first_life`].
//! * `SUBSCRIBE` is served in RESP3 only.
//! * `WAIT` does not wait for more replicas than there are; and it waits for those only where the
//!   caller [lets them lag](Node::let_replicas_lag).
//! * A node is one of a [cluster](Node::set_cluster) when its host says so, and the host
//!   is the cluster's bus.
//! * `CLIENT KILL` knows connections by id only, and the only user is `default`.
//! * [`Limits`] are tighter than a server's by default.

mod answer;
mod channels;
mod cluster;
mod command;
mod config;
mod expiry;
mod failure;
mod glob;
mod integer;
mod look;
mod memory;
mod node;
mod outbox;
mod replicas;
mod request;
mod resharding;
mod script;
mod server;
mod session;
mod store;
mod time;
mod value;

pub use cluster::ClusterView;
pub use config::{Config, Limits, RunId};
pub use look::{Look, Snapshot};
pub use memory::{CallError, MemoryConnection, MemoryNode};
pub use node::{Keys, Node, Progress, TooManyConnections};
pub use replicas::Offset;
pub use server::Server;
pub use session::ConnectionId;
pub use time::ServerTime;
