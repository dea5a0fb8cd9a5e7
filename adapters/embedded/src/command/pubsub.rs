//! `SUBSCRIBE`, `UNSUBSCRIBE`, `PUBLISH`: messages to whoever listens.

use bytes::Bytes;
use quorlock_resp::Protocol;

use super::Call;
use crate::answer::{Answer, Outcome};
use crate::failure::Failure;

/// `SUBSCRIBE channel [channel ..]`: answered by a push for each channel, with the number
/// of channels that the connection listens to then.
///
/// In RESP3 only: in RESP2 a connection that listens takes no other commands, and nobody
/// asks the node for that.
pub(super) fn subscribe(call: &mut Call<'_>, first: &Bytes, rest: &[Bytes]) -> Outcome {
    if call.session.protocol == Protocol::Resp2 {
        return Err(Failure::fixed(
            "ERR this node serves SUBSCRIBE in RESP3 only",
        ));
    }
    let limit = call.world.config.limits.channels;
    let mut answers = Vec::new();
    for channel in core::iter::once(first).chain(rest) {
        if call.session.channels.len() >= limit && !call.session.channels.contains(channel) {
            return Err(Failure::fixed("ERR max number of channels reached"));
        }
        call.world.channels.join(call.session, channel);
        answers.push(confirmation(call, "subscribe", Some(channel)));
    }
    Ok(Answer::Sequence(answers))
}

/// `UNSUBSCRIBE [channel ..]`: without a channel, all of them.
pub(super) fn unsubscribe(call: &mut Call<'_>, channels: &[Bytes]) -> Outcome {
    let mut left: Vec<Bytes> = channels.to_vec();
    if channels.is_empty() {
        left.extend(call.session.channels.iter().cloned());
    }
    let mut answers = Vec::new();
    for channel in &left {
        call.world.channels.leave(call.session, channel);
        answers.push(confirmation(call, "unsubscribe", Some(channel)));
    }
    if answers.is_empty() {
        answers.push(confirmation(call, "unsubscribe", None));
    }
    Ok(Answer::Sequence(answers))
}

/// `PUBLISH channel message`: answers how many connections are told.
pub(super) fn publish(call: &mut Call<'_>, channel: &Bytes, message: &[Bytes]) -> Outcome {
    let [message] = message else {
        return Err(Failure::arity("publish"));
    };
    let words = [b"message".as_slice(), channel, message];
    let told = Answer::Push(
        words
            .map(|word| Answer::Bulk(Bytes::copy_from_slice(word)))
            .into(),
    );
    let listeners = call.world.channels.listeners(channel);
    for listener in &listeners {
        call.push(*listener, &told);
    }
    Ok(listeners.len().into())
}

fn confirmation(call: &Call<'_>, what: &'static str, channel: Option<&Bytes>) -> Answer {
    let channel = channel.map_or(Answer::Null, |channel| Answer::Bulk(channel.clone()));
    Answer::Push(vec![
        what.into(),
        channel,
        call.session.channels.len().into(),
    ])
}
