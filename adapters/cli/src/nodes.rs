//! Which nodes to ask: from `--node`, `--shard`, their variables, or `--embedded`.

use std::env::{self, VarError};

use quorlock_embedded::{Config, Server};

use crate::args::NodeArgs;
use crate::exit::Exit;
use crate::report::Failed;
use crate::shard::{self, Shard};

/// Environment variable with the nodes, separated by commas or white space.
pub(crate) const VARIABLE: &str = "QUORLOCK_NODES";

/// The nodes that are asked for one lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// The shard that they are; `None` where keys are not spread.
    pub(crate) shard: Option<String>,
    pub(crate) urls: Vec<String>,
}

impl Group {
    /// Takes what the command line says, else the environment.
    ///
    /// # Errors
    /// No node is given anywhere, or a shard is wrong; the key can't be placed.
    pub(crate) fn of_key(args: &NodeArgs, key: &[u8]) -> Result<Self, Failed> {
        match shards(args)? {
            Some(shards) => {
                let Shard { name, urls } = shard::shard_of(shards, args.shard_by, key)?;
                let shard = Some(name);
                Ok(Self { shard, urls })
            }
            None => Ok(Self::of_all(urls(&args.nodes)?)),
        }
    }

    const fn of_all(urls: Vec<String>) -> Self {
        Self { shard: None, urls }
    }
}

/// Starts `count` nodes on free loopback ports, which stop when they are dropped.
///
/// # Errors
/// The system lacks what they need.
pub(crate) fn embedded(count: u8) -> Result<(Group, Vec<Server>), Failed> {
    let start = |_| Server::start(Config::default(), "127.0.0.1:0");
    let embedded: Vec<Server> = (0..count)
        .map(start)
        .collect::<Result<_, _>>()
        .map_err(|error| Failed::system("an embedded node can't be started", &error))?;
    let url = |server: &Server| format!("redis://{}", server.address());
    let urls = embedded.iter().map(url).collect();
    Ok((Group::of_all(urls), embedded))
}

/// The URLs of all nodes, of whatever shard.
///
/// # Errors
/// No node is given anywhere, or a shard is wrong.
pub(crate) fn all(args: &NodeArgs) -> Result<Vec<String>, Failed> {
    match shards(args)? {
        Some(shards) => Ok(shards.into_iter().flat_map(|shard| shard.urls).collect()),
        None => urls(&args.nodes),
    }
}

/// The nodes where keys are not spread.
///
/// # Errors
/// No node is given anywhere, or they are shards.
pub(crate) fn only_group(args: &NodeArgs) -> Result<Group, Failed> {
    if shards(args)?.is_some() {
        let told = "there are several shards: give the KEY, which is on one of them";
        return Err(Failed::new(Exit::USAGE, told));
    }
    urls(&args.nodes).map(Group::of_all)
}

/// The shards, where keys are spread. What the command line says goes before the
/// environment.
fn shards(args: &NodeArgs) -> Result<Option<Vec<Shard>>, Failed> {
    if !args.nodes.is_empty() || args.cluster {
        return Ok(None);
    }
    let shards = shard::shards(&args.shards)?;
    if shards.is_empty() {
        return Ok(None);
    }
    if args.shards.is_empty() && !variable(VARIABLE)?.is_empty() {
        let told = format_args!("{VARIABLE} and {} are both set", shard::VARIABLE);
        return Err(Failed::new(Exit::USAGE, told));
    }
    Ok(Some(shards))
}

/// The nodes' URLs: those given on the command line, else the environment's.
fn urls(given: &[String]) -> Result<Vec<String>, Failed> {
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    let urls = split(&variable(VARIABLE)?);
    if urls.is_empty() {
        return Err(Failed::new(
            Exit::USAGE,
            format_args!(
                "no lock node: give --node URL, set {VARIABLE}, or try `quorlock run --embedded 3`"
            ),
        ));
    }
    Ok(urls)
}

/// A variable of the environment; empty where it is not set.
///
/// # Errors
/// It is not text.
pub(crate) fn variable(name: &str) -> Result<String, Failed> {
    match env::var(name) {
        Ok(text) => Ok(text),
        Err(VarError::NotPresent) => Ok(String::new()),
        Err(error @ VarError::NotUnicode(_)) => {
            Err(Failed::new(Exit::USAGE, format_args!("{name}: {error}")))
        }
    }
}

fn split(listed: &str) -> Vec<String> {
    let separators = |c: char| c == ',' || c.is_whitespace();
    listed
        .split(separators)
        .filter(|url| !url.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_split_at_commas_and_spaces() {
        assert_eq!(
            split(" redis://a,redis://b redis://c\n"),
            ["redis://a", "redis://b", "redis://c"]
        );
        assert_eq!(split(""), [""; 0]);
        assert_eq!(split(" , "), [""; 0]);
    }
}
