//! `AUTH`, `HELLO`, `PING`, `ECHO`, `SELECT`, `QUIT`: the connection itself.

use bytes::Bytes;
use quorlock_resp::Protocol;

use super::Call;
use crate::answer::{Answer, Outcome};
use crate::failure::{Failure, quote};
use crate::integer;

/// The version whose behaviour the node follows, and which it tells in `HELLO` and
/// `INFO`, because clients choose by it.
pub(super) const REDIS_VERSION: &str = "7.0.15";
/// How many databases `SELECT` can choose from, as by default in Redis.
const DATABASES: u8 = 16;
/// The only user there is.
const USER: &[u8] = b"default";

/// `AUTH [user] password`.
pub(super) fn auth(call: &mut Call<'_>, first: &Bytes, rest: &[Bytes]) -> Outcome {
    match rest {
        [] if call.world.config.password.is_none() => Err(Failure::fixed(
            "ERR AUTH <password> called without any password configured for the default user. \
             Are you sure your configuration is correct?",
        )),
        [] => authenticate(call, USER, first),
        [password] => authenticate(call, first, password),
        _ => Err(Failure::SYNTAX),
    }?;
    Ok(Answer::OK)
}

/// Without a password set, the default user comes in with any. A failed attempt
/// changes nothing.
fn authenticate(call: &mut Call<'_>, user: &[u8], password: &[u8]) -> Result<(), Failure> {
    let right = match &call.world.config.password {
        Some(expected) => constant_time_eq(expected, password),
        None => true,
    };
    if user != USER || !right {
        return Err(Failure::WRONG_PASSWORD);
    }
    call.session.authenticated = true;
    Ok(())
}

/// Whether two byte strings are equal, in a time that does not tell where they
/// differ.
fn constant_time_eq(expected: &[u8], found: &[u8]) -> bool {
    let difference = expected
        .iter()
        .zip(found)
        .fold(0, |difference, (one, other)| difference | (one ^ other));
    expected.len() == found.len() && difference == 0
}

/// `HELLO [version [AUTH user password] [SETNAME name]]`. The options take effect
/// one by one, even if a later one is wrong; the protocol changes last.
pub(super) fn hello(call: &mut Call<'_>, arguments: &[Bytes]) -> Outcome {
    let (protocol, mut options) = match arguments {
        [] => (call.session.protocol, arguments),
        [version, options @ ..] => (protocol(version)?, options),
    };
    while let [option, rest @ ..] = options {
        options = match rest {
            [user, password, rest @ ..] if option.eq_ignore_ascii_case(b"auth") => {
                authenticate(call, user, password)?;
                rest
            }
            [name, rest @ ..] if option.eq_ignore_ascii_case(b"setname") => {
                call.session.set_name(name)?;
                rest
            }
            _ => {
                let option = quote(option, option.len());
                return Err(Failure::of(&[
                    b"ERR Syntax error in HELLO option '",
                    option,
                    b"'",
                ]));
            }
        };
    }
    if !call.session.authenticated {
        return Err(Failure::fixed(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the \
             HELLO AUTH <user> <pass> option can be used to authenticate the client and select \
             the RESP protocol version at the same time",
        ));
    }
    call.session.protocol = protocol;
    Ok(greeting(call))
}

fn protocol(version: &[u8]) -> Result<Protocol, Failure> {
    match integer::parse(version) {
        Some(2) => Ok(Protocol::Resp2),
        Some(3) => Ok(Protocol::Resp3),
        Some(_) => Err(Failure::fixed("NOPROTO unsupported protocol version")),
        None => Err(Failure::fixed(
            "ERR Protocol version is not an integer or out of range",
        )),
    }
}

fn greeting(call: &Call<'_>) -> Answer {
    let version = match call.session.protocol {
        Protocol::Resp2 => 2,
        Protocol::Resp3 => 3,
    };
    Answer::Map(vec![
        ("server".into(), "redis".into()),
        ("version".into(), REDIS_VERSION.into()),
        ("proto".into(), Answer::Integer(version)),
        ("id".into(), Answer::Integer(call.session.id.as_i64())),
        ("mode".into(), call.world.mode().into()),
        ("role".into(), "master".into()),
        ("modules".into(), Answer::Array(Vec::new())),
    ])
}

/// `PING [message]`.
pub(super) fn ping(_: &mut Call<'_>, arguments: &[Bytes]) -> Outcome {
    match arguments {
        [] => Ok(Answer::Simple("PONG")),
        [message] => Ok(Answer::Bulk(message.clone())),
        _ => Err(Failure::arity("ping")),
    }
}

/// `ECHO message`.
pub(super) fn echo(_: &mut Call<'_>, message: &Bytes) -> Outcome {
    Ok(Answer::Bulk(message.clone()))
}

/// `SELECT index`.
pub(super) fn select(call: &mut Call<'_>, index: &Bytes) -> Outcome {
    let index = integer::parse(index).ok_or(Failure::NOT_AN_INTEGER)?;
    // Redis reads it into a C int before it looks at its own range.
    let index = i32::try_from(index).map_err(|_| {
        Failure::fixed("ERR value is out of range, value must between -2147483648 and 2147483647")
    })?;
    if index != 0 && call.world.cluster.is_some() {
        return Err(Failure::CLUSTER_DATABASE);
    }
    let database = u8::try_from(index).ok().filter(|&index| index < DATABASES);
    call.session.database = database.ok_or(Failure::DATABASE_RANGE)?;
    Ok(Answer::OK)
}

/// `QUIT`: the reply is the last thing that the client hears.
pub(super) fn quit(call: &mut Call<'_>, _: &[Bytes]) -> Outcome {
    call.session.closing = true;
    Ok(Answer::OK)
}
