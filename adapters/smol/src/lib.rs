//! Distributed locks on Redis and Valkey for smol.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! # async fn work() {}
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! smol::block_on(async {
//!     let nodes = ["redis://10.0.0.1", "redis://10.0.0.2", "redis://10.0.0.3"];
//!     let client = quorlock_smol::builder().nodes(nodes)?.build()?;
//!
//!     let invoice = client.lock("invoice-7").ttl(Duration::from_secs(10));
//!     let guard = invoice.acquire_within(Duration::from_secs(30)).await?;
//!     guard.run(work()).await?; // stops the work should the lock be lost
//!     println!("{}", guard.release().await);
//!
//!     client.close(Duration::from_secs(2)).await;
//!     Ok(())
//! })
//! # }
//! ```

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::io;
use std::sync::{Arc, Weak};
use std::time::Instant;

pub use quorlock_driver::*;
use smol::io::{AsyncRead, AsyncWrite};
use smol::net::{TcpStream, unix::UnixStream};
use smol::{Executor, Timer as Sleep};

/// A builder for a client that runs on smol's global executor.
#[must_use]
pub fn builder() -> Builder {
    Builder::new(|| Ok(Arc::new(SmolRuntime::new())))
}

/// The global executor, or one of the caller's.
#[derive(Clone, Debug, Default)]
pub struct SmolRuntime {
    /// Weak, as the client's task has this, and the executor has the task.
    executor: Option<Weak<Executor<'static>>>,
}

impl SmolRuntime {
    /// Smol's global executor, whose threads start by themselves.
    #[must_use]
    pub const fn new() -> Self {
        Self { executor: None }
    }

    /// An executor that the caller runs and keeps. The client's task ends with it.
    #[must_use]
    pub fn with_executor(executor: &Arc<Executor<'static>>) -> Self {
        Self {
            executor: Some(Arc::downgrade(executor)),
        }
    }
}

#[async_trait::async_trait]
impl Runtime for SmolRuntime {
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

    fn spawn(&self, task: quorlock_driver::Task) {
        match self.executor.as_ref().map(Weak::upgrade) {
            Some(Some(executor)) => executor.spawn(task).detach(),
            // a task that is dropped tells those who wait for it
            Some(None) => drop(task),
            None => smol::spawn(task).detach(),
        }
    }

    fn timer(&self, at: Instant) -> Pin<Box<dyn Timer>> {
        Box::pin(Alarm(Sleep::at(at)))
    }
}

struct Alarm(Sleep);

impl Timer for Alarm {
    fn reset(mut self: Pin<&mut Self>, at: Instant) {
        self.0.set_at(at);
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(drop)
    }
}

struct Socket<S>(S);

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for Socket<S> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }
}
