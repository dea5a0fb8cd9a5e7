//! Commands that reach a node twice, as a proxy sends them again that has not seen the answer.

use bytes::BytesMut;

use super::invariant::Checked;
use super::queue::What;
use super::server::Server;
use super::wire::Request;
use super::world::World;

/// Whether a node is sent everything twice, in true time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Repeating {
    pub(super) until: u64,
    /// How much later the second time is.
    pub(super) after: u64,
}

/// A command that a node will be sent again.
#[derive(Debug)]
pub(super) struct Repeat {
    node: usize,
    request: Request,
    bytes: BytesMut,
}

impl Server {
    /// Whether a request that it gets now will come again.
    pub(super) fn is_repeated(&self, now: u64, request: &Request) -> bool {
        now < self.repeating.until && request.lock.is_some()
    }
}

impl World<'_> {
    /// A node gets these bytes again, on another connection.
    pub(super) fn repeat(&mut self, node: usize, request: Request, bytes: BytesMut) {
        let at = self.now + self.servers[node].repeating.after;
        let repeat = self.repeats.len();
        self.repeats.push(Repeat {
            node,
            request,
            bytes,
        });
        self.queue.push(at, What::Repeat { repeat });
    }

    /// The second time: it must keep to what a command may do, and nobody reads the answer.
    pub(super) fn execute_again(&mut self, repeat: usize) -> Checked {
        let Repeat {
            node,
            request,
            ref mut bytes,
        } = self.repeats[repeat];
        let server = &mut self.servers[node];
        let Ok(session) = server.node.connect() else {
            return Ok(());
        };
        let mut unread = BytesMut::new();
        let executed = server.execute(self.now, session, &request, bytes, &mut unread);
        server.node.disconnect(session);
        self.tally.repeated += 1;
        let answered = (executed.code, executed.refusal);
        self.tally.count_executed(&request, answered, false);
        if let Some(recorder) = &mut self.recorder {
            recorder.changes(self.now, node, &self.lives, executed.changes);
        }
        self.push(node, "free");
        self.replicate(node);
        executed.checked
    }
}
