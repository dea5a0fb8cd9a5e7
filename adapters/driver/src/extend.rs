//! What becomes of extensions.

use crate::error::RequestError;
use crate::lost::Lost;
use crate::names::NodeNames;

/// The extensions of a lock so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// How many succeeded.
    pub count: u64,
    /// Why the last one failed, if it did.
    pub failure: Option<ExtendFailure>,
}

/// An extension that too few nodes granted. The lock is held as before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the lease was not renewed (key gone: {absent}; another owner: {foreign}; failed: {failed})"
)]
pub struct ExtendFailure {
    /// Nodes where the key is gone.
    pub absent: NodeNames,
    /// Nodes where another owner has the key.
    pub foreign: NodeNames,
    /// Nodes that failed or did not answer.
    pub failed: NodeNames,
    /// True where so many nodes have lost the key that no extension can succeed.
    pub last: bool,
}

/// A lease that [`Guard::extend`](crate::Guard::extend) did not renew.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtendError {
    /// No lease can have this length.
    #[error(transparent)]
    BadRequest(RequestError),
    /// Too few nodes renewed it; the lock is held as before.
    #[error(transparent)]
    Failed(ExtendFailure),
    /// The lock is lost.
    #[error(transparent)]
    Lost(Lost),
}
