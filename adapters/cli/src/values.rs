//! What options take: parsed into types that can't be wrong, or an error that says how
//! to write it.

use core::time::Duration;
use std::ffi::OsString;

use quorlock_tokio::{Fencing, Quorum, RestartGuard, Ttl};

use crate::deadline::TTL_MIN;

/// How long to wait for the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    Forever,
    Once,
    Within(Duration),
}

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|error| format!("{error}; a duration has a unit, as in 500ms, 10s or 2m"))
}

pub(crate) fn fencing(text: &str) -> Result<Fencing, String> {
    match text {
        "on" => Ok(Fencing::DEFAULT),
        "off" => Ok(Fencing::Off),
        _ => Err("give on or off".to_owned()),
    }
}

pub(crate) fn guard(text: &str) -> Result<RestartGuard, String> {
    match text {
        "off" => Ok(RestartGuard::Off),
        "strict" => Ok(RestartGuard::Strict),
        "uptime" => Ok(RestartGuard::Uptime),
        _ => Err("give off, strict or uptime".to_owned()),
    }
}

pub(crate) fn key() -> impl clap::builder::TypedValueParser<Value = OsString> {
    use clap::builder::TypedValueParser;
    clap::builder::OsStringValueParser::new().try_map(|key| {
        if key.is_empty() {
            Err("a lock needs a name that is not empty")
        } else {
            Ok(key)
        }
    })
}

pub(crate) fn quorum(text: &str) -> Result<Quorum, String> {
    match text {
        "all" => Ok(Quorum::All),
        "majority" => Ok(Quorum::Majority),
        number => match number.parse() {
            Ok(votes) => Ok(Quorum::Votes(votes)),
            Err(_) => Err("give majority, all, or a number of nodes".to_owned()),
        },
    }
}

pub(crate) fn max_ttl(text: &str) -> Result<Ttl, String> {
    Ttl::new(duration(text)?).map_err(|error| error.to_string())
}

pub(crate) fn ttl(text: &str) -> Result<Ttl, String> {
    let length = duration(text)?;
    if length < TTL_MIN {
        return Err(format!(
            "a lease of {length:?} is too short: a command can be ended in time from {TTL_MIN:?} on"
        ));
    }
    Ttl::new(length).map_err(|error| error.to_string())
}

pub(crate) fn wait(text: &str) -> Result<Wait, String> {
    if text == "forever" {
        return Ok(Wait::Forever);
    }
    let span = if text == "0" {
        Duration::ZERO
    } else {
        duration(text)?
    };
    Ok(if span.is_zero() {
        Wait::Once
    } else {
        Wait::Within(span)
    })
}
