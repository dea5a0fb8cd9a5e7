//! `GET`.

use bytes::Bytes;

use super::Call;
use crate::answer::{Answer, Outcome};
use crate::failure::Failure;
use crate::value::Value;

/// `GET key`.
pub(super) fn get(call: &mut Call<'_>, name: &Bytes) -> Outcome {
    let key = call.key(name);
    match call.world.store.value(&key, call.now) {
        None => Ok(Answer::Null),
        Some(Value::List(_)) => Err(Failure::WRONG_TYPE),
        Some(Value::String(value)) => Ok(Answer::Bulk(value.clone())),
    }
}
