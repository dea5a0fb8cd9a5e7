//! One client's connection to one node, as the network sees it.

use bytes::BytesMut;
use quorlock_embedded::ConnectionId;

/// The two ends of a link. What is on its way is in the world's queue, marked with the epoch it belongs to.
#[derive(Debug, Default)]
pub(super) struct Link {
    /// Counts connections; what an older one still delivers to the client is dropped.
    pub(super) epoch: u32,
    /// The client's end stands.
    pub(super) up: bool,
    /// The node's end, by its place in the node's list.
    pub(super) session: usize,
    /// What the client has not consumed.
    pub(super) input: BytesMut,
    /// When the last byte in each direction arrives: no later one overtakes it.
    pub(super) to_server_last: u64,
    pub(super) to_client_last: u64,
}

/// A connection as its node sees it; it may outlive the client's end.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: ConnectionId,
    pub(super) input: BytesMut,
}
