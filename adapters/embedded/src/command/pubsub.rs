//! `SUBSCRIBE`, `UNSUBSCRIBE`, `PUBLISH`, and the same for the channels of hash slots
//! (`SSUBSCRIBE`, `SUNSUBSCRIBE`, `SPUBLISH`): messages to whoever listens.

use bytes::Bytes;
use quorlock_resp::Protocol;

use super::Call;
use crate::answer::{Answer, Outcome};
use crate::channels::{Channel, Scope};
use crate::failure::Failure;
use crate::session::Session;

/// `SUBSCRIBE channel [channel ..]`: answered by a push for each channel, with the number
/// of channels that the connection listens to then.
///
/// In RESP3 only: in RESP2 a connection that listens takes no other commands, and nobody
/// asks the node for that.
pub(super) fn subscribe(call: &mut Call<'_>, first: &Bytes, rest: &[Bytes]) -> Outcome {
    join(call, Scope::Everywhere, first, rest)
}

/// `SSUBSCRIBE channel [channel ..]`.
pub(super) fn ssubscribe(call: &mut Call<'_>, first: &Bytes, rest: &[Bytes]) -> Outcome {
    join(call, Scope::Slot, first, rest)
}

/// `UNSUBSCRIBE [channel ..]`: without a channel, all of them.
pub(super) fn unsubscribe(call: &mut Call<'_>, channels: &[Bytes]) -> Outcome {
    leave(call, Scope::Everywhere, channels)
}

/// `SUNSUBSCRIBE [channel ..]`.
pub(super) fn sunsubscribe(call: &mut Call<'_>, channels: &[Bytes]) -> Outcome {
    leave(call, Scope::Slot, channels)
}

/// `PUBLISH channel message`: answers how many connections are told.
pub(super) fn publish(call: &mut Call<'_>, channel: &Bytes, message: &[Bytes]) -> Outcome {
    let [message] = message else {
        return Err(Failure::arity("publish"));
    };
    Ok(tell(call, Scope::Everywhere, channel, message))
}

/// `SPUBLISH channel message`.
pub(super) fn spublish(call: &mut Call<'_>, channel: &Bytes, message: &[Bytes]) -> Outcome {
    let [message] = message else {
        return Err(Failure::arity("spublish"));
    };
    Ok(tell(call, Scope::Slot, channel, message))
}

fn join(call: &mut Call<'_>, scope: Scope, first: &Bytes, rest: &[Bytes]) -> Outcome {
    let (name, refusal) = match scope {
        Scope::Everywhere => ("subscribe", "ERR this node serves SUBSCRIBE in RESP3 only"),
        Scope::Slot => (
            "ssubscribe",
            "ERR this node serves SSUBSCRIBE in RESP3 only",
        ),
    };
    if call.session.protocol == Protocol::Resp2 {
        return Err(Failure::fixed(refusal));
    }
    let limit = call.world.config.limits.channels;
    let mut answers = Vec::new();
    for channel in core::iter::once(first).chain(rest) {
        let channel = Channel {
            scope,
            name: channel.clone(),
        };
        if call.session.channels.len() >= limit && !call.session.channels.contains(&channel) {
            return Err(Failure::fixed("ERR max number of channels reached"));
        }
        call.world.channels.join(call.session, &channel);
        answers.push(confirmation(call.session, name, scope, Some(channel.name)));
    }
    Ok(Answer::Sequence(answers))
}

fn leave(call: &mut Call<'_>, scope: Scope, channels: &[Bytes]) -> Outcome {
    let name = match scope {
        Scope::Everywhere => "unsubscribe",
        Scope::Slot => "sunsubscribe",
    };
    let mut left: Vec<Bytes> = channels.to_vec();
    if channels.is_empty() {
        let all = call.session.channels.iter();
        let these = all.filter(|channel| channel.scope == scope);
        left.extend(these.map(|channel| channel.name.clone()));
    }
    let mut answers = Vec::new();
    for channel in left {
        let channel = Channel {
            scope,
            name: channel,
        };
        call.world.channels.leave(call.session, &channel);
        answers.push(confirmation(call.session, name, scope, Some(channel.name)));
    }
    if answers.is_empty() {
        answers.push(confirmation(call.session, name, scope, None));
    }
    Ok(Answer::Sequence(answers))
}

fn tell(call: &mut Call<'_>, scope: Scope, channel: &Bytes, message: &Bytes) -> Answer {
    let kind = match scope {
        Scope::Everywhere => b"message".as_slice(),
        Scope::Slot => b"smessage",
    };
    let words = [kind, channel, message];
    let told = Answer::Push(
        words
            .map(|word| Answer::Bulk(Bytes::copy_from_slice(word)))
            .into(),
    );
    let channel = Channel {
        scope,
        name: channel.clone(),
    };
    let listeners = call.world.channels.listeners(&channel);
    for listener in &listeners {
        call.push(*listener, &told);
    }
    listeners.len().into()
}

/// The push that tells a connection that it listens to a channel of a slot no longer.
pub(crate) fn left(session: &Session, channel: &Channel) -> Answer {
    let name = Some(channel.name.clone());
    confirmation(session, "sunsubscribe", Scope::Slot, name)
}

/// The push that answers for one channel; each scope counts its own.
fn confirmation(
    session: &Session,
    what: &'static str,
    scope: Scope,
    channel: Option<Bytes>,
) -> Answer {
    let all = session.channels.iter();
    let listening = all.filter(|channel| channel.scope == scope).count();
    Answer::Push(vec![
        what.into(),
        channel.map_or(Answer::Null, Answer::Bulk),
        listening.into(),
    ])
}
