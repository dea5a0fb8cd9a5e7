//! Groups of nodes over which keys are spread, as the command line and the environment
//! name them.

use core::fmt;
use core::str::FromStr;
use std::collections::BTreeSet;

use quorlock_tokio::{Placement, PlacementError};

use crate::exit::Exit;
use crate::nodes::variable;
use crate::report::{Failed, readable};

/// Environment variable with the shards, separated by white space.
pub(crate) const VARIABLE: &str = "QUORLOCK_SHARDS";

/// One group of nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    pub(crate) name: String,
    pub(crate) urls: Vec<String>,
}

impl FromStr for Shard {
    type Err = &'static str;

    /// Parses `NAME=URL[,URL]..`. The error does not repeat it: there may be a password in
    /// it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, urls) = text.split_once('=').unwrap_or_default();
        let urls: Vec<_> = urls.split(',').map(str::to_owned).collect();
        if name.is_empty() || urls.iter().any(String::is_empty) {
            return Err("a shard is NAME=URL[,URL]..");
        }
        Ok(Self {
            name: name.to_owned(),
            urls,
        })
    }
}

pub(crate) fn placement(text: &str) -> Result<Placement, String> {
    match text {
        "modulo" => Ok(Placement::Modulo),
        "rendezvous" => Ok(Placement::Rendezvous),
        "slot" => Ok(Placement::HashSlot),
        _ => Err("give modulo, rendezvous or slot".to_owned()),
    }
}

/// The shards given on the command line, else the environment's; none where keys are not
/// spread.
///
/// # Errors
/// One is not written as shards are; two have one name.
pub(crate) fn shards(given: &[String]) -> Result<Vec<Shard>, Failed> {
    let (source, shards) = if given.is_empty() {
        (VARIABLE, listed()?)
    } else {
        ("--shard", given.iter().map(|text| text.parse()).collect())
    };
    let usage =
        |error: &dyn fmt::Display| Failed::new(Exit::USAGE, format_args!("{source}: {error}"));
    let shards = shards.map_err(|error| usage(&error))?;
    let mut seen = BTreeSet::new();
    match shards.iter().find(|shard| !seen.insert(&shard.name)) {
        Some(Shard { name, .. }) => Err(usage(&format_args!("two have the name {name:?}"))),
        None => Ok(shards),
    }
}

/// What the environment says.
fn listed() -> Result<Result<Vec<Shard>, &'static str>, Failed> {
    let text = variable(VARIABLE)?;
    Ok(text.split_whitespace().map(str::parse).collect())
}

/// The shard of them that has `key`.
///
/// # Errors
/// The key can't be placed.
pub(crate) fn shard_of(
    shards: Vec<Shard>,
    placement: Placement,
    key: &[u8],
) -> Result<Shard, Failed> {
    let names: Vec<_> = shards.iter().map(|shard| &*shard.name).collect();
    let placed = placement.place(key, &names);
    let shard = placed.and_then(|index| {
        let shard = shards.into_iter().nth(index);
        shard.ok_or(PlacementError::NoShard)
    });
    shard.map_err(|error| {
        let key = readable(key);
        Failed::new(Exit::USAGE, format_args!("lock {key:?}: {error}"))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_shard_is_a_name_and_nodes() {
        let eu: Shard = "eu=redis://a,unix:///b?db=1".parse().unwrap();
        assert_eq!(eu.name, "eu");
        assert_eq!(eu.urls, ["redis://a", "unix:///b?db=1"]);
        for wrong in ["", "eu", "=redis://a", "eu=", "eu=redis://a,,redis://b"] {
            let error = wrong.parse::<Shard>().unwrap_err();
            assert_eq!(error, "a shard is NAME=URL[,URL]..", "{wrong}");
        }
    }

    #[test]
    fn a_name_is_given_once() {
        let twice = ["a=redis://x", "b=redis://y", "a=redis://z"].map(str::to_owned);
        let error = shards(&twice).unwrap_err().error;
        assert_eq!(error, "--shard: two have the name \"a\"");
        assert_eq!(shards(&twice[..2]).unwrap().len(), 2);
    }

    #[test]
    fn a_key_is_on_one_of_them() {
        let shards = || shards(&["a=redis://x", "b=redis://y"].map(str::to_owned)).unwrap();
        let place = |key: &[u8]| shard_of(shards(), Placement::Modulo, key);
        assert_eq!(place(b"job-3").unwrap().name, "b");
        let error = place(b"job").unwrap_err().error;
        assert!(
            error.contains("lock \"job\": the key does not end with a number"),
            "{error}"
        );
    }
}
