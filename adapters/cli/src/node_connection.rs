//! One connection to one node, outside of any client: for what an administrator asks.

use core::future::poll_fn;
use std::io;
use std::time::Instant as Monotonic;

use bytes::{Buf, BytesMut};
use quorlock_core::{Instant, Limits, NodeFacts, Received, Session};
use quorlock_resp::{Value, encode};
use quorlock_tokio::{NodeUrl, Stream, TokioRuntime};

/// Bytes read at a time; no answer that is asked for here is longer than a few lines.
const CHUNK: usize = 4 * 1024;

/// A connection whose handshake is done.
pub(crate) struct NodeConnection {
    stream: Box<dyn Stream>,
    session: Session<()>,
    opened: Monotonic,
    input: BytesMut,
    output: BytesMut,
}

impl NodeConnection {
    /// Connects and shakes hands as a client does. The caller bounds the time.
    ///
    /// # Errors
    /// The node can't be reached or refuses us, in its own words.
    pub(crate) async fn open(url: NodeUrl, accept_eviction: bool) -> io::Result<Self> {
        let stream = url.place().connect(&TokioRuntime::current()?).await?;
        let mut config = url.into_config();
        config.accept_eviction = accept_eviction;
        let mut connection = Self {
            stream,
            session: Session::new(config, Limits::DEFAULT.decoder),
            opened: Monotonic::now(),
            input: BytesMut::new(),
            output: BytesMut::new(),
        };
        connection.session.open(connection.now());
        while !connection.session.is_ready() {
            connection.exchange(|_| {}).await?;
        }
        Ok(connection)
    }

    /// What the server said of itself.
    pub(crate) const fn facts(&self) -> &NodeFacts {
        self.session.facts()
    }

    /// Sends a command and gives what `read` makes of the reply.
    ///
    /// # Errors
    /// The connection is of no use any more. An error of the server is a reply.
    pub(crate) async fn call<R>(
        &mut self,
        command: &[&[u8]],
        read: impl Fn(Value<'_>) -> R,
    ) -> io::Result<R> {
        let mut encoded = BytesMut::new();
        encode::command(&mut encoded, command);
        self.session.send(self.now(), (), &encoded);
        let mut answer = None;
        loop {
            self.exchange(|received| match received {
                Received::Reply((), value, _) => answer = Some(read(value)),
                Received::Ended(_) | Received::Message(..) | Received::Ready => {}
            })
            .await?;
            if let Some(answer) = answer {
                return Ok(answer);
            }
        }
    }

    /// Writes what the session has to say, then hands it the next bytes that come.
    async fn exchange(&mut self, on: impl FnMut(Received<'_, ()>)) -> io::Result<()> {
        self.session.poll_transmit(self.now(), &mut self.output);
        while !self.output.is_empty() {
            let written = poll_fn(|cx| self.stream.poll_write(cx, &self.output)).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.output.advance(written);
        }
        let mut chunk = [0; CHUNK];
        let read = poll_fn(|cx| self.stream.poll_read(cx, &mut chunk)).await?;
        let bytes = chunk.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return Err(io::Error::other("the server closed the connection"));
        }
        self.input.extend_from_slice(bytes);
        let now = self.now();
        self.session
            .receive(now, &mut self.input, on)
            .map_err(io::Error::other)
    }

    fn now(&self) -> Instant {
        let nanos = self.opened.elapsed().as_nanos();
        Instant::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}
