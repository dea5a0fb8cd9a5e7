//! What the twins of several scripts do alike.

use bytes::Bytes;

use super::lua_number;
use super::run::Run;
use crate::answer::{Answer, Outcome};
use crate::failure::Failure;

pub(super) static PX: Bytes = Bytes::from_static(b"PX");

/// `{code, value, us}`.
pub(super) fn verdict(code: i64, value: Answer, us: f64) -> Answer {
    Answer::Array(vec![code.into(), value, lua_number::truncated(us).into()])
}

/// `PTTL` of the lock.
pub(super) fn left(run: &mut Run<'_, '_>) -> Outcome {
    run.redis("PTTL", "KEYS[1]", &[run.key(1)])
}

/// Renews the lease where less than that is `left` of it.
pub(super) fn lengthen(run: &mut Run<'_, '_>, left: &Answer) -> Result<(), Failure> {
    let lease = run.argument(2);
    let wanted = lease.and_then(|lease| lua_number::parse(lease));
    let left = if let Answer::Integer(left) = left {
        Some(lua_number::of(*left))
    } else {
        None
    };
    let (left, wanted) = run.comparable(left, wanted, "left < tonumber(")?;
    if left < wanted {
        run.redis("PEXPIRE", "KEYS[1]", &[run.key(1), lease])?;
    }
    Ok(())
}
