//! Distributed locks on Redis and Valkey for tokio.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! # async fn work() {}
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let nodes = ["redis://10.0.0.1", "redis://10.0.0.2", "redis://10.0.0.3"];
//! let client = quorlock_tokio::builder().nodes(nodes)?.build()?;
//!
//! let invoice = client.lock("invoice-7").ttl(Duration::from_secs(10));
//! let guard = invoice.acquire_within(Duration::from_secs(30)).await?;
//! guard.run(work()).await?; // stops the work should the lock be lost
//! println!("{}", guard.release().await);
//!
//! client.close(Duration::from_secs(2)).await;
//! # Ok(())
//! # }
//! ```

use core::panic::AssertUnwindSafe;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::time::Instant;

pub use quorlock_driver::*;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::runtime::Handle;
use tokio::time::{Sleep, sleep_until};

/// A builder for a client that runs on the tokio runtime in which
/// [`build`](Builder::build) is called.
#[must_use]
pub fn builder() -> Builder {
    Builder::new(|| Ok(Arc::new(TokioRuntime::current()?)))
}

/// A tokio runtime, whose I/O and time drivers must be enabled (`enable_all`).
#[derive(Clone, Debug)]
pub struct TokioRuntime {
    handle: Handle,
}

impl TokioRuntime {
    /// The runtime that this is called in.
    ///
    /// # Errors
    /// Where it is called outside of any.
    pub fn current() -> io::Result<Self> {
        Handle::try_current()
            .map(Self::with_handle)
            .map_err(io::Error::other)
    }

    /// The runtime of this handle.
    #[must_use]
    pub const fn with_handle(handle: Handle) -> Self {
        Self { handle }
    }
}

#[async_trait::async_trait]
impl Runtime for TokioRuntime {
    async fn connect(&self, address: &Address) -> io::Result<Box<dyn Stream>> {
        match address {
            Address::Tcp { host, port } => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(Socket(stream)))
            }
            Address::Unix(path) => Ok(Box::new(Socket(UnixStream::connect(path).await?))),
        }
    }

    fn spawn(&self, task: Task) {
        // The driver has a budget of its own, and needs to know that a socket which
        // is not ready has nothing to read.
        self.handle.spawn(tokio::task::coop::unconstrained(task));
    }

    fn timer(&self, at: Instant) -> Pin<Box<dyn Timer>> {
        // a guard may ask for a timer on a thread that is none of the runtime's
        let _context = self.handle.enter();
        Box::pin(Alarm(Box::pin(sleep_until(at.into()))))
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

struct Alarm(Pin<Box<Sleep>>);

impl Timer for Alarm {
    fn reset(mut self: Pin<&mut Self>, at: Instant) {
        self.0.as_mut().reset(at.into());
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // A tokio timer panics once its runtime was shut down. By then the client's
        // task is dropped, and whoever asks again is told so.
        let poll = AssertUnwindSafe(|| self.0.as_mut().poll(cx));
        catch_unwind(poll).unwrap_or(Poll::Ready(()))
    }
}

struct Socket<S>(S);

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for Socket<S> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }
}
