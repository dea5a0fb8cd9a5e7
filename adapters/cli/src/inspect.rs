//! Who holds a lock on one node.

use core::fmt;
use core::time::Duration;
use std::io;

use bytes::Bytes;
use quorlock_core::{ServerError, counter_key};
use quorlock_resp::Value;
use quorlock_tokio::NodeUrl;
use serde::Serialize;

use crate::node_connection::NodeConnection;
use crate::report::{Millis, readable};

/// What a node stores for a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Stored {
    /// Who holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<String>,
    /// What is left of the lease; without an owner, or without a TTL, nothing.
    #[serde(rename = "left_ms", skip_serializing_if = "Option::is_none")]
    pub(crate) left: Option<Millis>,
    /// The last fencing token that the node granted, while it keeps the counter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
}

/// Asks a node.
///
/// # Errors
/// It can't be reached or refuses, in its own words.
pub(crate) async fn inspect(
    node: NodeUrl,
    accept_eviction: bool,
    key: Bytes,
) -> io::Result<Stored> {
    let mut connection = NodeConnection::open(node, accept_eviction).await?;
    let owner = connection.call(&[b"GET", &key], text).await??;
    let left = connection.call(&[b"PTTL", &key], span).await?;
    let counter = counter_key(&key);
    let token = connection.call(&[b"GET", &counter], text).await?;
    Ok(Stored {
        left: left.filter(|_| owner.is_some()).map(Millis),
        owner,
        // a user who may not read the counter acquires without tokens
        token: token.unwrap_or_default(),
    })
}

/// A stored text; `GET` answers with that, with nothing or with an error.
fn text(reply: Value<'_>) -> io::Result<Option<String>> {
    if let Value::Error(line) | Value::BulkError(line) = reply {
        return Err(io::Error::other(ServerError::new(line).to_string()));
    }
    if let Value::Bulk(text) = reply {
        return Ok(Some(readable(text).into_owned()));
    }
    Ok(None)
}

/// A time to live, where there is one.
fn span(reply: Value<'_>) -> Option<Duration> {
    let Value::Integer(millis) = reply else {
        return None;
    };
    u64::try_from(millis).ok().map(Duration::from_millis)
}

impl fmt::Display for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.owner, self.left) {
            (Some(owner), Some(Millis(left))) => write!(f, "held by {owner} for {left:.1?} more")?,
            (Some(owner), None) => write!(f, "held by {owner}, without a TTL")?,
            (None, _) => f.write_str("free")?,
        }
        match &self.token {
            Some(token) => write!(f, ", last token {token}"),
            None => Ok(()),
        }
    }
}
