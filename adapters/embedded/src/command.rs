//! The commands of the node: their table, and how a request finds its own.
#![allow(
    clippy::unnecessary_wraps,
    reason = "handlers that can't fail have the signature of those that can, for the table"
)]

mod client;
mod cluster;
mod connection;
mod expiry;
mod info;
mod keyspace;
mod list;
mod pubsub;
mod replicas;
mod script;
mod set;
mod string;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;

use crate::answer::{Answer, Outcome};
use crate::failure::Failure;
use crate::node::World;
use crate::session::{ConnectionId, Session};
use crate::store::Key;
use crate::time::ServerTime;

pub(crate) use pubsub::left;

/// Everything a command can touch.
pub(crate) struct Call<'n> {
    /// The command came behind `ASKING`.
    pub(crate) asking: bool,
    pub(crate) closed: &'n mut VecDeque<ConnectionId>,
    /// It is a script's.
    pub(crate) in_script: bool,
    pub(crate) now: ServerTime,
    /// Every session but the caller's.
    pub(crate) others: &'n mut BTreeMap<ConnectionId, Box<Session>>,
    pub(crate) session: &'n mut Session,
    /// Connections with messages to be taken away.
    pub(crate) told: &'n mut BTreeSet<ConnectionId>,
    pub(crate) world: &'n mut World,
}

impl Call<'_> {
    /// A key of the database that the connection has selected.
    pub(crate) fn key(&self, name: &Bytes) -> Key {
        Key::new(self.session.database, name)
    }

    /// Writes a message to a connection, behind whatever it gets before. One that takes
    /// nothing away is closed, as Redis does (`client-output-buffer-limit pubsub`).
    pub(crate) fn push(&mut self, to: ConnectionId, message: &Answer) {
        if to == self.session.id {
            message.encode(&mut self.session.pushed, self.session.protocol);
            return;
        }
        let Some(session) = self.others.get_mut(&to) else {
            return;
        };
        message.encode(&mut session.pushed, session.protocol);
        self.told.insert(to);
        if session.pushed.len() > self.world.config.limits.output {
            self.end(to);
        }
    }

    /// Closes another connection.
    pub(crate) fn end(&mut self, other: ConnectionId) {
        if let Some(session) = self.others.remove(&other) {
            self.world.channels.forget(&session);
            self.closed.push_back(other);
        }
    }
}

struct Command {
    name: &'static str,
    /// Served to clients that have shown no password.
    open: bool,
    handler: Handler,
}

/// What runs a command. Its shape is the command's arity, so that a handler gets
/// what it needs by name and can't be called with less.
enum Handler {
    Any(fn(&mut Call<'_>, &[Bytes]) -> Outcome),
    Group(&'static [Command]),
    None(fn(&mut Call<'_>) -> Outcome),
    One(fn(&mut Call<'_>, &Bytes) -> Outcome),
    OneOrMore(fn(&mut Call<'_>, &Bytes, &[Bytes]) -> Outcome),
    Three(fn(&mut Call<'_>, &Bytes, &Bytes, &Bytes) -> Outcome),
    Two(fn(&mut Call<'_>, &Bytes, &Bytes) -> Outcome),
    TwoOrMore(fn(&mut Call<'_>, &Bytes, &Bytes, &[Bytes]) -> Outcome),
}

impl Handler {
    fn accepts(&self, arguments: usize) -> bool {
        match self {
            Self::Any(_) => true,
            Self::Group(_) | Self::OneOrMore(_) => arguments >= 1,
            Self::None(_) => arguments == 0,
            Self::One(_) => arguments == 1,
            Self::Three(_) => arguments == 3,
            Self::Two(_) => arguments == 2,
            Self::TwoOrMore(_) => arguments >= 2,
        }
    }
}

/// A command that needs a password where one is set.
const fn closed(name: &'static str, handler: Handler) -> Command {
    Command {
        name,
        open: false,
        handler,
    }
}

/// A command for everybody.
const fn open(name: &'static str, handler: Handler) -> Command {
    Command {
        name,
        open: true,
        handler,
    }
}

/// In alphabetical order, which the search needs.
const COMMANDS: &[Command] = &[
    closed("asking", Handler::None(cluster::asking)),
    open("auth", Handler::OneOrMore(connection::auth)),
    closed("client", Handler::Group(CLIENT)),
    closed("cluster", Handler::Group(CLUSTER)),
    closed("dbsize", Handler::None(keyspace::dbsize)),
    closed("del", Handler::OneOrMore(keyspace::del)),
    closed("echo", Handler::One(connection::echo)),
    closed("eval", Handler::TwoOrMore(script::eval)),
    closed("evalsha", Handler::TwoOrMore(script::evalsha)),
    closed("exists", Handler::OneOrMore(keyspace::exists)),
    closed("flushall", Handler::Any(keyspace::flushall)),
    closed("flushdb", Handler::Any(keyspace::flushdb)),
    closed("get", Handler::One(string::get)),
    open("hello", Handler::Any(connection::hello)),
    closed("info", Handler::Any(info::info)),
    closed("keys", Handler::One(keyspace::keys)),
    closed("lpush", Handler::TwoOrMore(list::lpush)),
    closed("lrange", Handler::Three(list::lrange)),
    closed("persist", Handler::One(expiry::persist)),
    closed("pexpire", Handler::TwoOrMore(expiry::pexpire)),
    closed("ping", Handler::Any(connection::ping)),
    closed("pttl", Handler::One(expiry::pttl)),
    closed("publish", Handler::OneOrMore(pubsub::publish)),
    open("quit", Handler::Any(connection::quit)),
    closed("rpush", Handler::TwoOrMore(list::rpush)),
    closed("script", Handler::Group(SCRIPT)),
    closed("select", Handler::One(connection::select)),
    closed("set", Handler::TwoOrMore(set::set)),
    closed("spublish", Handler::OneOrMore(pubsub::spublish)),
    closed("ssubscribe", Handler::OneOrMore(pubsub::ssubscribe)),
    closed("subscribe", Handler::OneOrMore(pubsub::subscribe)),
    closed("sunsubscribe", Handler::Any(pubsub::sunsubscribe)),
    closed("time", Handler::None(info::time)),
    closed("ttl", Handler::One(expiry::ttl)),
    closed("type", Handler::One(keyspace::type_of)),
    closed("unsubscribe", Handler::Any(pubsub::unsubscribe)),
    closed("wait", Handler::Two(replicas::wait)),
];

const CLIENT: &[Command] = &[
    closed("getname", Handler::None(client::getname)),
    closed("id", Handler::None(client::id)),
    closed("kill", Handler::OneOrMore(client::kill)),
    closed("setname", Handler::One(client::setname)),
];

const CLUSTER: &[Command] = &[closed("slots", Handler::None(cluster::slots))];

const SCRIPT: &[Command] = &[
    closed("exists", Handler::OneOrMore(script::exists)),
    closed("flush", Handler::Any(script::flush)),
    closed("load", Handler::One(script::load)),
];

/// Runs one request: the command's name, then its arguments.
pub(crate) fn execute(call: &mut Call<'_>, request: &[Bytes]) -> Outcome {
    let (name, arguments) = request.split_first().ok_or(Failure::SYNTAX)?;
    let command = find(COMMANDS, name)
        .ok_or_else(|| Failure::unknown_command(name, arguments.iter().map(AsRef::as_ref)))?;
    let Handler::Group(members) = command.handler else {
        return run(call, command, command.name, arguments);
    };
    let Some((name, arguments)) = arguments.split_first() else {
        return Err(Failure::arity(command.name));
    };
    let member =
        find(members, name).ok_or_else(|| Failure::unknown_subcommand(command.name, name))?;
    run(
        call,
        member,
        &[command.name, "|", member.name].concat(),
        arguments,
    )
}

fn find(commands: &'static [Command], name: &[u8]) -> Option<&'static Command> {
    let lower = || name.iter().map(u8::to_ascii_lowercase);
    let index = commands
        .binary_search_by(|command| command.name.bytes().cmp(lower()))
        .ok()?;
    commands.get(index)
}

/// Checks the arity before the password, as Redis does.
fn run(call: &mut Call<'_>, command: &Command, name: &str, arguments: &[Bytes]) -> Outcome {
    if !command.handler.accepts(arguments.len()) {
        return Err(Failure::arity(name));
    }
    if !command.open && !call.session.authenticated {
        return Err(Failure::NO_AUTH);
    }
    cluster::admit(call, name, arguments)?;
    match (&command.handler, arguments) {
        (Handler::Any(run), rest) => run(call, rest),
        (Handler::None(run), []) => run(call),
        (Handler::One(run), [one]) => run(call, one),
        (Handler::OneOrMore(run), [one, rest @ ..]) => run(call, one, rest),
        (Handler::Three(run), [one, two, three]) => run(call, one, two, three),
        (Handler::Two(run), [one, two]) => run(call, one, two),
        (Handler::TwoOrMore(run), [one, two, rest @ ..]) => run(call, one, two, rest),
        _ => Err(Failure::arity(name)),
    }
}

/// `SYNC`, `ASYNC` or nothing: how a flush frees memory, which is all one here.
fn is_flush_mode(arguments: &[Bytes]) -> bool {
    match arguments {
        [] => true,
        [mode] => mode.eq_ignore_ascii_case(b"sync") || mode.eq_ignore_ascii_case(b"async"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_in_order() {
        for table in [COMMANDS, CLIENT, CLUSTER, SCRIPT] {
            assert!(table.is_sorted_by(|one, other| one.name < other.name));
        }
    }
}
