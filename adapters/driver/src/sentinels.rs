//! A primary that sentinels know: found, and watched while it is in use.

use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use quorlock_core::{Endpoint, Sentinel};

use crate::address::Address;
use crate::runtime::{Runtime, Stream};

/// How long a sentinel may take before the next one is asked: of five that are silent, the
/// last is asked within the time of one connection.
const PATIENCE: Duration = Duration::from_millis(800);

/// Before the sentinels are asked again of which none has answered.
const PAUSE: Duration = Duration::from_secs(1);

/// Bytes that are read at a time; an answer has some hundred.
const CHUNK: usize = 1_024;

/// A primary by its name, and the sentinels that know where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentinels {
    /// As the sentinels call the primary.
    pub name: String,
    /// Where they listen; asked in this order.
    pub sentinels: Vec<Address>,
}

impl fmt::Display for Sentinels {
    /// `NAME@FIRST`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match self.sentinels.first() {
            Some(first) => write!(f, "@{first}"),
            None => Ok(()),
        }
    }
}

/// A sentinel that has said where the primary is, and will say when that changes.
pub(crate) struct Watch {
    stream: Box<dyn Stream>,
    sentinel: Sentinel,
    input: BytesMut,
    primary: Endpoint,
}

impl Sentinels {
    /// Asks one after the other, and watches the first that answers.
    ///
    /// # Errors
    /// None knows; what the last one said.
    pub(crate) async fn find(&self, runtime: &dyn Runtime) -> io::Result<Watch> {
        let mut last = io::Error::other("there is no sentinel to ask");
        for address in &self.sentinels {
            match within(runtime, PATIENCE, self.ask(runtime, address)).await {
                Ok(watch) => return Ok(watch),
                Err(error) => last = io::Error::other(format!("sentinel {address}: {error}")),
            }
        }
        Err(last)
    }

    /// The same, again and again until one answers.
    async fn find_at_last(&self, runtime: &dyn Runtime) -> Watch {
        loop {
            if let Ok(watch) = self.find(runtime).await {
                return watch;
            }
            let mut pause = runtime.timer(runtime.now() + PAUSE);
            poll_fn(|cx| pause.as_mut().poll(cx)).await;
        }
    }

    async fn ask(&self, runtime: &dyn Runtime, address: &Address) -> io::Result<Watch> {
        let mut stream = runtime.connect(address).await?;
        let mut sentinel = Sentinel::new(self.name.as_str());
        let mut output = BytesMut::new();
        sentinel.encode(&mut output);
        while !output.is_empty() {
            let written = poll_fn(|cx| stream.poll_write(cx, &output)).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            output.advance(written.min(output.len()));
        }
        let mut input = BytesMut::new();
        let primary = poll_fn(|cx| poll_said(cx, &mut *stream, &mut sentinel, &mut input)).await?;
        Ok(Watch {
            stream,
            sentinel,
            input,
            primary,
        })
    }
}

impl Watch {
    /// Where the primary is.
    pub(crate) fn primary(&self) -> Address {
        Address::from(&self.primary)
    }

    /// Waits for the sentinel to name another primary, or to fail.
    async fn other(&mut self) -> io::Result<Endpoint> {
        loop {
            let Self {
                stream,
                sentinel,
                input,
                primary,
            } = self;
            let named = poll_fn(|cx| poll_said(cx, &mut **stream, sentinel, input)).await?;
            if named != *primary {
                return Ok(named);
            }
        }
    }
}

/// Ready when the sentinels name another primary than that of `watch`: where it is. One
/// that fails is replaced, and what was said meanwhile is asked for.
pub(crate) async fn moved(
    sentinels: Arc<Sentinels>,
    runtime: Arc<dyn Runtime>,
    mut watch: Watch,
) -> Endpoint {
    loop {
        if let Ok(other) = watch.other().await {
            return other;
        }
        let next = sentinels.find_at_last(&*runtime).await;
        if next.primary != watch.primary {
            return next.primary;
        }
        watch = next;
    }
}

/// Reads until the sentinel has said where the primary is.
fn poll_said(
    cx: &mut Context<'_>,
    stream: &mut dyn Stream,
    sentinel: &mut Sentinel,
    input: &mut BytesMut,
) -> Poll<io::Result<Endpoint>> {
    let mut chunk = [0; CHUNK];
    loop {
        let len = match stream.poll_read(cx, &mut chunk) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            Poll::Ready(Ok(len)) => len,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
        };
        input.extend_from_slice(chunk.get(..len).unwrap_or(&chunk));
        match sentinel.receive(input) {
            Ok(None) => {}
            Ok(Some(primary)) => return Poll::Ready(Ok(primary)),
            Err(error) => return Poll::Ready(Err(io::Error::other(error))),
        }
    }
}

/// `work`, or an error when it takes too long.
async fn within<T>(
    runtime: &dyn Runtime,
    span: Duration,
    work: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    let mut timer = runtime.timer(runtime.now() + span);
    let mut work = pin!(work);
    poll_fn(|cx| {
        if let Poll::Ready(done) = work.as_mut().poll(cx) {
            return Poll::Ready(done);
        }
        let late = || Err(io::ErrorKind::TimedOut.into());
        timer.as_mut().poll(cx).map(|()| late())
    })
    .await
}
