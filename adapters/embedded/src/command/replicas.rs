//! `WAIT`: how many replicas have heard.

use core::time::Duration;

use bytes::Bytes;

use super::Call;
use crate::answer::{Answer, Outcome};
use crate::failure::Failure;
use crate::integer;
use crate::replicas::Wait;

/// `WAIT replicas timeout`: how many replicas have this connection's last change, as soon as they
/// are so many or `timeout` milliseconds are over; 0 is for ever.
pub(super) fn wait(call: &mut Call<'_>, replicas: &Bytes, timeout: &Bytes) -> Outcome {
    let replicas = integer::parse(replicas).ok_or(Failure::NOT_AN_INTEGER)?;
    let timeout = integer::parse(timeout).ok_or(Failure::fixed(
        "ERR timeout is not an integer or out of range",
    ))?;
    let timeout = u64::try_from(timeout).map_err(|_| Failure::fixed("ERR timeout is negative"))?;
    let wait = Wait {
        replicas: usize::try_from(replicas).unwrap_or(0),
        offset: call.session.wrote,
        until: (timeout > 0).then(|| call.now.after(Duration::from_millis(timeout))),
    };
    if let Some(heard) = call.world.replication.answer(wait, call.now) {
        return Ok(heard.into());
    }
    call.session.waiting = Some(wait);
    Ok(Answer::Sequence(Vec::new()))
}
