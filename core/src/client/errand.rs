//! What a client sends over a connection.

use crate::command::Ticket;

/// A question, by which its answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// `ASKING`. Where it is refused, the command behind it tells.
    Asking,
    /// A command of a lock.
    Lock(Ticket),
    /// How many replicas have heard of the [`Replicated`](Self::Replicated) command before it.
    Replicas,
    /// A command of a lock that counts when enough replicas have heard of it.
    Replicated(Ticket),
    /// Who has which slots of the cluster.
    Slots,
}
