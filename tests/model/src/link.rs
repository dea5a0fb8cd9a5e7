//! The connections between a client and a node: commands and answers in order.

use std::collections::VecDeque;

use quorlock_core::Ticket;

use crate::server::{Answered, Request};

/// The connection of a client to a node, and what an earlier one has left behind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Link {
    pub(crate) up: bool,
    pub(crate) requests: VecDeque<Request>,
    pub(crate) answers: VecDeque<Answered>,
    /// In the node's buffers, to be executed or not; nobody reads the answers.
    pub(crate) left_behind: VecDeque<Request>,
}

impl Link {
    pub(crate) fn new() -> Self {
        Self {
            up: true,
            requests: VecDeque::new(),
            answers: VecDeque::new(),
            left_behind: VecDeque::new(),
        }
    }

    /// The connection ends. Answers that were on their way are lost, commands stay in the node's buffers. The tickets
    /// of both get no answer any more.
    pub(crate) fn cut(&mut self) -> Vec<Ticket> {
        self.up = false;
        let answers = self.answers.drain(..).map(|answered| answered.ticket);
        let mut tickets: Vec<Ticket> = answers.collect();
        tickets.extend(self.requests.iter().map(|request| request.ticket));
        self.left_behind.append(&mut self.requests);
        tickets
    }
}
