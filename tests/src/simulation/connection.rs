//! One connection of a client to a node, with the bytes that are on their way.

use std::collections::VecDeque;

use bytes::BytesMut;
use quorlock_core::NodeId;
use quorlock_embedded::ConnectionId;

use super::invariant::{Checked, Invariant};
use super::wire::{Ask, Request};

/// The client's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The connection has ended, and the client has not heard of it yet.
    Broken,
    Closed,
    Open,
    Opening,
}

/// Bytes that arrive together.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) bytes: BytesMut,
    /// The recorded message that they are the last of.
    pub(super) message: Option<usize>,
}

/// One direction. Each piece has its event in the world's queue; they arrive in order, whatever the order of the
/// events.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) pieces: VecDeque<Piece>,
    /// When the last of them arrives: no later one comes before it.
    pub(super) last: u64,
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) client: usize,
    pub(super) node: usize,
    /// What the client calls the node.
    pub(super) peer: NodeId,
    pub(super) end: End,
    /// The node's end; it may outlive the client's.
    pub(super) session: Option<ConnectionId>,
    pub(super) to_node: Lane,
    pub(super) to_client: Lane,
    /// What is on its way to the node arrives then at the earliest.
    pub(super) late_until: u64,
    /// What is on its way to the node, whole requests.
    pub(super) requests: VecDeque<Request>,
    /// Bytes of the first of them that the node has.
    pub(super) fed: usize,
    /// What has reached it and is behind what it has.
    pub(super) received: BytesMut,
    /// What the node has not consumed.
    pub(super) server_input: BytesMut,
    /// What the client has not consumed.
    pub(super) client_input: BytesMut,
}

impl Connection {
    pub(super) fn new(
        (client, peer): (usize, NodeId),
        node: usize,
        session: Option<ConnectionId>,
    ) -> Self {
        Self {
            client,
            node,
            peer,
            end: End::Opening,
            session,
            to_node: Lane::default(),
            to_client: Lane::default(),
            late_until: 0,
            requests: VecDeque::new(),
            fed: 0,
            received: BytesMut::new(),
            server_input: BytesMut::new(),
            client_input: BytesMut::new(),
        }
    }
}

impl Connection {
    /// No request that leaves now asks for the same as one that is still on its way there.
    pub(super) fn check_single(&self, leaving: &[Request]) -> Checked {
        let on_its_way = |request: &&Request| {
            let mut earlier = self.requests.iter();
            request.lock.is_some()
                && request.ask != Ask::Extend
                && earlier.any(|it| (it.ask, it.lock) == (request.ask, request.lock))
        };
        match leaving.iter().find(on_its_way) {
            None => Ok(()),
            Some(request) => Err(Invariant::OneInFlight.broken(format!(
                "client {} sends node {} a second {} of one round",
                self.client,
                self.node,
                request.label()
            ))),
        }
    }

    /// Nobody waits for answers any more.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.end, End::Broken | End::Closed)
    }
}

/// What a client has to do with a node, over all connections.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Link {
    /// Messages so far to the node and to the client: their numbers in the choices about them.
    pub(super) sent: [u64; 2],
    /// Until when they wait on their way.
    pub(super) held_until: [u64; 2],
}

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Toward {
    Client = 1,
    Node = 0,
}

#[cfg(test)]
mod tests {
    use super::super::by_hand::broken;
    use super::super::wire::{Ask, OwnerName};
    use super::*;

    fn request(ask: Ask, round: usize) -> Request {
        Request {
            len: 0,
            ask,
            lock: Some((0, OwnerName { life: 1, round })),
            with: None,
            giver: None,
            lease_ms: 100,
        }
    }

    #[test]
    fn a_second_command_of_one_round_is_seen() {
        let acquire = Ask::Acquire { heals: false };
        let mut connection = Connection::new((0, NodeId::new(0).unwrap()), 0, None);
        connection.requests.push_back(request(acquire, 1));
        connection.requests.push_back(request(Ask::Extend, 1));
        for (ask, round, seen) in [
            (acquire, 1, true),
            (acquire, 2, false),
            (Ask::Release, 1, false),
            // a lease is renewed as often as it is of use
            (Ask::Extend, 1, false),
        ] {
            let found = broken(connection.check_single(&[request(ask, round)]));
            let expected = seen.then_some(Invariant::OneInFlight);
            assert_eq!(found, expected, "{ask:?} of round {round}");
        }
        connection.requests.clear();
        let found = broken(connection.check_single(&[request(acquire, 1)]));
        assert_eq!(found, None, "executed");
    }
}
