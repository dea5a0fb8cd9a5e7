//! Which keys are locked on which nodes.

use bytes::Bytes;

use crate::args::NodeArgs;
use crate::nodes::Group;
use crate::report::Failed;

/// Keys, and the nodes that are asked for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) group: Group,
    pub(crate) keys: Vec<Bytes>,
}

/// The keys by their groups, in the order in which they come up.
///
/// # Errors
/// No node is given anywhere, or a shard is wrong; a key can't be placed.
pub(crate) fn shares(args: &NodeArgs, keys: Vec<Bytes>) -> Result<Vec<Share>, Failed> {
    let mut shares: Vec<Share> = Vec::new();
    for key in keys {
        let group = Group::of_key(args, &key)?;
        match shares.iter_mut().find(|share| share.group == group) {
            Some(share) => share.keys.push(key),
            None => shares.push(Share {
                group,
                keys: vec![key],
            }),
        }
    }
    Ok(shares)
}
