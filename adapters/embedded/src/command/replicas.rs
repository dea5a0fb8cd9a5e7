//! `WAIT`: how many replicas have heard.

use bytes::Bytes;

use super::Call;
use crate::answer::Outcome;
use crate::failure::Failure;
use crate::integer;

/// `WAIT replicas timeout`: answers at once how many there are, as if a timeout were over
/// where they are too few.
pub(super) fn wait(call: &mut Call<'_>, replicas: &Bytes, timeout: &Bytes) -> Outcome {
    integer::parse(replicas).ok_or(Failure::NOT_AN_INTEGER)?;
    let timeout = integer::parse(timeout).ok_or(Failure::fixed(
        "ERR timeout is not an integer or out of range",
    ))?;
    if timeout < 0 {
        return Err(Failure::fixed("ERR timeout is negative"));
    }
    Ok(usize::from(call.world.config.replicas).into())
}
