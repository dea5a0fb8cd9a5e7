//! What a server is started with.

use core::fmt::Write as _;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::Protocol;

/// Names the server's binary for the whole run, for instance one of another version or a Valkey.
const BINARY_VARIABLE: &str = "QUORLOCK_REDIS_SERVER";

/// How a server differs from the plain one: loopback only, no persistence, no password, RESP3.
#[derive(Clone, Debug, Default)]
pub struct Options {
    binary: Option<PathBuf>,
    environment: Vec<(OsString, OsString)>,
    lines: Vec<String>,
    password: Option<String>,
    protocol: Protocol,
    sentinel: bool,
}

impl Options {
    /// A plain server.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs this binary, whatever `QUORLOCK_REDIS_SERVER` says.
    #[must_use]
    pub fn with_binary(mut self, path: impl Into<PathBuf>) -> Self {
        self.binary = Some(path.into());
        self
    }

    /// Sets a variable of the server's environment, such as `LD_PRELOAD` for a clock shim.
    #[must_use]
    pub fn with_environment(
        mut self,
        name: impl Into<OsString>,
        value: impl Into<OsString>,
    ) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Adds a line of `redis.conf`, after the harness's own: `maxmemory 10mb`, `user alice on >secret ~lock:* +@all`,
    /// `appendonly yes`, `enable-debug-command yes`, `cluster-enabled yes`.
    #[must_use]
    pub fn with_line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// Sets the password of the default user (`requirepass`).
    #[must_use]
    pub fn with_password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Sets the newest protocol that the server agrees to.
    #[must_use]
    pub fn with_protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// Makes a sentinel of it, which takes what it watches from lines of its configuration.
    #[must_use]
    pub(super) fn into_sentinel(mut self) -> Self {
        self.sentinel = true;
        self.protocol = Protocol::default();
        self
    }

    /// What the program is given behind its configuration.
    pub(super) fn arguments(&self) -> &'static [&'static str] {
        if self.sentinel { &["--sentinel"] } else { &[] }
    }

    /// The newest protocol that the server agrees to.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    pub(super) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    pub(super) fn environment(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.environment
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// The binary to run: the one asked for, the variable's, or the first `redis-server` of the PATH.
    ///
    /// Panics when there is none.
    pub(super) fn binary(&self) -> PathBuf {
        let name = self
            .binary
            .clone()
            .or_else(|| env::var_os(BINARY_VARIABLE).map(PathBuf::from));
        let name = name.unwrap_or_else(|| PathBuf::from("redis-server"));
        // `join` leaves an absolute path as it is.
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path)
            .chain([PathBuf::from("/usr/bin")])
            .map(|directory| directory.join(&name))
            .find(|candidate| candidate.is_file())
            .unwrap_or_else(|| {
                panic!(
                    "there is no server {}: install Debian's package redis-server or set {BINARY_VARIABLE}",
                    name.display()
                )
            })
    }

    /// The text of `redis.conf`. `protected-mode no` because a server without a password refuses to talk otherwise;
    /// it listens on loopback only.
    pub(super) fn configuration(&self, directory: &Path, port: u16) -> String {
        let mut text = format!(
            "port {port}\nbind 127.0.0.1\nprotected-mode no\nunixsocket \"{0}/redis.sock\"\ndir \"{0}/data\"\n\
             save \"\"\nappendonly no\ndaemonize no\nlogfile \"\"\nrepl-diskless-sync-delay 0\n",
            directory.display(),
        );
        if let Some(password) = &self.password {
            let _ = writeln!(text, "requirepass \"{password}\"");
        }
        if self.protocol == Protocol::Resp2 {
            text.push_str("rename-command HELLO \"\"\n");
        }
        for line in &self.lines {
            let _ = writeln!(text, "{line}");
        }
        text
    }
}
