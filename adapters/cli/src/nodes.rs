//! Which nodes to ask: from `--node`, `QUORLOCK_NODES` or `--embedded`.

use std::env::{self, VarError};

use quorlock_embedded::{Config, Server};

use crate::exit::Exit;
use crate::report::Failed;

/// Environment variable with the nodes, separated by commas or white space.
pub(crate) const VARIABLE: &str = "QUORLOCK_NODES";

/// The nodes' URLs, and the servers that live in this process; they stop when this is
/// dropped.
pub(crate) struct Nodes {
    pub(crate) urls: Vec<String>,
    pub(crate) embedded: Vec<Server>,
}

impl Nodes {
    /// Takes what the command line says, else the environment.
    ///
    /// # Errors
    /// No node is given anywhere, or an embedded one can't be started.
    pub(crate) fn find(given: &[String], embedded: Option<u8>) -> Result<Self, Failed> {
        match embedded {
            Some(count) => Self::embedded(count),
            None => Ok(Self {
                urls: urls(given)?,
                embedded: Vec::new(),
            }),
        }
    }

    /// Starts `count` nodes on free loopback ports.
    fn embedded(count: u8) -> Result<Self, Failed> {
        let start = |_| Server::start(Config::default(), "127.0.0.1:0");
        let embedded: Vec<Server> = (0..count)
            .map(start)
            .collect::<Result<_, _>>()
            .map_err(|error| Failed::system("an embedded node can't be started", &error))?;
        let url = |server: &Server| format!("redis://{}", server.address());
        let urls = embedded.iter().map(url).collect();
        Ok(Self { urls, embedded })
    }
}

/// The nodes' URLs: those given on the command line, else the environment's.
///
/// # Errors
/// No node is given anywhere.
pub(crate) fn urls(given: &[String]) -> Result<Vec<String>, Failed> {
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    let listed = match env::var(VARIABLE) {
        Ok(listed) => listed,
        Err(VarError::NotPresent) => String::new(),
        Err(error @ VarError::NotUnicode(_)) => {
            return Err(Failed::new(
                Exit::USAGE,
                format_args!("{VARIABLE}: {error}"),
            ));
        }
    };
    let urls = split(&listed);
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
