//! The parsers, each in the fastest way that its documentation offers.

pub(crate) mod hiredis;
pub(crate) mod ours;
pub(crate) mod redis_async;
pub(crate) mod redis_protocol;
pub(crate) mod redis_rs;
pub(crate) mod resp_rs;
pub(crate) mod zero;
