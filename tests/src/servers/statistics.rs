//! What a server counted of its commands: `INFO commandstats`.

use quorlock_resp::Value;

use super::Server;
use crate::connection::Connection;

/// One command of a server, as it was counted since the start.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandStatistics {
    /// In small letters, a subcommand behind a bar.
    pub name: String,
    /// Times it was executed.
    pub calls: u64,
    /// Server time of all calls, in microseconds.
    pub micros: u64,
    /// Executions that ended with an error.
    pub failed: u64,
    /// Times it was refused before it was executed.
    pub rejected: u64,
}

/// The commands of a server that have been called.
#[must_use]
pub fn statistics(server: &Server) -> Vec<CommandStatistics> {
    let reply = Connection::to(server).call(&["INFO", "commandstats"]);
    let (Value::Bulk(text) | Value::Verbatim { text, .. }) = reply.value() else {
        panic!("INFO answered {:?}", reply.value())
    };
    let text = String::from_utf8_lossy(text);
    text.lines().filter_map(parse).collect()
}

/// Reads `cmdstat_get:calls=1,usec=2,..,rejected_calls=0,failed_calls=0`.
fn parse(line: &str) -> Option<CommandStatistics> {
    let (name, fields) = line.strip_prefix("cmdstat_")?.split_once(':')?;
    let field = |wanted: &str| {
        let mut fields = fields.split(',').filter_map(|field| field.split_once('='));
        let (_, value) = fields.find(|(name, _)| *name == wanted)?;
        value.parse().ok()
    };
    Some(CommandStatistics {
        name: name.to_owned(),
        calls: field("calls")?,
        micros: field("usec")?,
        failed: field("failed_calls").unwrap_or(0),
        rejected: field("rejected_calls").unwrap_or(0),
    })
}
