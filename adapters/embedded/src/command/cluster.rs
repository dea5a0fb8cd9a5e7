//! `CLUSTER` and `ASKING`, and which commands a node of a cluster leaves to another one.

use bytes::Bytes;
use quorlock_core::Endpoint;

use super::{Call, script};
use crate::answer::{Answer, Outcome};
use crate::cluster::Subject;
use crate::failure::Failure;
use crate::store::Key;

/// `ASKING`: the next command is served although its slot is only on its way here.
pub(super) fn asking(call: &mut Call<'_>) -> Outcome {
    if call.world.cluster.is_none() {
        return Err(Failure::NO_CLUSTER);
    }
    call.session.asking = true;
    Ok(Answer::OK)
}

/// `CLUSTER SLOTS`: host and port of the primary of each range. Ids and replicas, which
/// servers tell behind them, there are none of.
pub(super) fn slots(call: &mut Call<'_>) -> Outcome {
    let view = call.world.cluster.as_ref().ok_or(Failure::NO_CLUSTER)?;
    let number = |number: u16| Answer::Integer(number.into());
    let address = |Endpoint { host, port }: &Endpoint| {
        let host = Bytes::copy_from_slice(host.as_bytes());
        Answer::Array(vec![Answer::Bulk(host), number(*port)])
    };
    let ranges = view.ranges().into_iter();
    let told = ranges.map(|(slots, owner)| {
        let (first, last) = (number(*slots.start()), number(*slots.end()));
        Answer::Array(vec![first, last, address(owner)])
    });
    Ok(Answer::Array(told.collect()))
}

/// Whether the node serves a command, or a script's call of one.
///
/// # Errors
/// It is another one's, or has to wait.
pub(super) fn admit(call: &Call<'_>, name: &str, arguments: &[Bytes]) -> Result<(), Failure> {
    let Some(view) = &call.world.cluster else {
        return Ok(());
    };
    let exists = |name: &Bytes| {
        let store = &call.world.store;
        store.peek(&Key::new(0, name), call.now).is_some()
    };
    let admitted = view.admit(subject(name, arguments), call.asking, exists);
    admitted.map_err(|failure| {
        if call.in_script {
            Failure::NOT_LOCAL
        } else {
            failure
        }
    })
}

/// The keys or channels among the arguments of a command.
fn subject<'a>(name: &str, arguments: &'a [Bytes]) -> Subject<'a> {
    let first = arguments.get(..1).unwrap_or_default();
    match name {
        "del" | "exists" => Subject::Keys(arguments),
        "eval" | "evalsha" => Subject::Keys(script::keys(arguments)),
        "get" | "lpush" | "lrange" | "persist" | "pexpire" | "pttl" | "rpush" | "set" | "ttl"
        | "type" => Subject::Keys(first),
        "spublish" => Subject::Channels(first),
        "ssubscribe" | "sunsubscribe" => Subject::Channels(arguments),
        _ => Subject::Keys(&[]),
    }
}
