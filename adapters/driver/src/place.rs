//! Where a node is to be found each time when it is connected.

use core::fmt;
use std::io;
use std::sync::Arc;

use crate::address::Address;
use crate::runtime::{Runtime, Stream};
use crate::sentinels::{Sentinels, Watch};

/// Where a node is to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Always there; a host name is looked up for each connection.
    Fixed(Address),
    /// Where the sentinels say.
    Watched(Arc<Sentinels>),
}

impl Place {
    /// Connects to the node, wherever it is at present. The caller bounds the time.
    ///
    /// # Errors
    /// It is not there, or no sentinel knows where it is.
    pub async fn connect(&self, runtime: &dyn Runtime) -> io::Result<Box<dyn Stream>> {
        let (stream, _) = self.connect_watched(runtime).await?;
        Ok(stream)
    }

    /// The same; with it whoever will say when the node is somewhere else.
    pub(crate) async fn connect_watched(
        &self,
        runtime: &dyn Runtime,
    ) -> io::Result<(Box<dyn Stream>, Option<Watch>)> {
        match self {
            Self::Fixed(address) => Ok((runtime.connect(address).await?, None)),
            Self::Watched(sentinels) => {
                let watch = sentinels.find(runtime).await?;
                let primary = watch.primary();
                match runtime.connect(&primary).await {
                    Ok(stream) => Ok((stream, Some(watch))),
                    Err(error) => Err(io::Error::other(format!("primary {primary}: {error}"))),
                }
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(address) => address.fmt(f),
            Self::Watched(sentinels) => sentinels.fmt(f),
        }
    }
}
