//! Real server processes, Redis or Valkey, on free loopback ports.
//!
//! Every server has a directory of its own with its configuration, log, data and a Unix socket. It is killed by its pid
//! when the [`Server`] is dropped, and by the kernel when this process ends in any other way.

mod cluster;
mod each_make;
mod fleet;
mod make;
mod options;
mod replication;
mod sentinels;
mod spawner;
mod statistics;
mod trusted;

use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tempfile::TempDir;

use crate::deployment;
use crate::ports;
use crate::skew::Skew;

pub use cluster::{Cluster, PRIMARIES, home_of, slot_of};
pub use each_make::run_on;
pub use fleet::Fleet;
pub use make::{Make, Protocol};
pub use options::Options;
pub use sentinels::Sentinels;
pub use statistics::{CommandStatistics, statistics};

/// A server answers within 10 to 40 ms of its start on a quiet machine; this is for a very busy one.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How often a server whose port was taken by somebody else is given another one.
const PORT_TRIES: usize = 10;

/// One running (or paused, or killed) `redis-server`.
///
/// All methods take `&self`, so that a thread that makes trouble and the threads that suffer can share it.
#[derive(Debug)]
pub struct Server {
    directory: TempDir,
    options: Options,
    port: u16,
    process: Mutex<Child>,
    /// The clock that it shows, where it is not the machine's.
    clock: Option<Skew>,
}

/// Why a server did not come up.
#[derive(Debug)]
enum Failure {
    /// Its process ended; most often because somebody else has the port.
    Exited,
    /// It did not answer within [`START_LIMIT`].
    Silent,
}

impl Server {
    /// Starts a server and waits until it answers. Clients that agree in [`deployment`] trust it at once.
    ///
    /// Panics with the server's log when it does not come up.
    #[must_use]
    pub fn start(options: &Options) -> Self {
        Self::start_trusted(options, deployment::guard(), deployment::MAX_TTL)
    }

    /// As [`start`](Self::start), whatever the run's guard: a client with a guard keeps it out at first.
    #[must_use]
    pub fn start_young(options: &Options) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("quorlock-server-")
            .tempdir()
            .expect("a temporary directory for a server");
        fs::create_dir(data_of(directory.path())).expect("a directory for the data of a server");
        for _ in 0..PORT_TRIES {
            let port = ports::free();
            write_configuration(directory.path(), port, options);
            match launch(directory.path(), options) {
                Ok(child) => {
                    return Self {
                        directory,
                        options: options.clone(),
                        port,
                        process: Mutex::new(child),
                        clock: None,
                    };
                }
                Err(Failure::Exited) => {}
                Err(Failure::Silent) => panic!(
                    "no answer in {START_LIMIT:?}:\n{}",
                    log_of(directory.path())
                ),
            }
        }
        panic!(
            "redis-server ended at once on {PORT_TRIES} ports; its log:\n{}",
            log_of(directory.path())
        );
    }

    /// Stops the process in its tracks (SIGSTOP) and returns when it has stopped. The kernel goes on accepting
    /// connections and bytes for it. Does nothing where the process has ended.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
        // `kill` returns before a process that runs on another core has seen the signal. NOWAIT leaves the status of
        // a process that has ended to `kill`.
        let stopped = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let _ = waitid(WaitId::Pid(self.rustix_pid()), stopped);
    }

    /// Lets a paused process go on (SIGCONT).
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Kills the process (SIGKILL, paused or not) and waits for its end: all it held is gone.
    pub fn kill(&self) {
        end(&mut self.process());
    }

    /// Kills the process if it lives and starts a new one on the same port and in the same directory. It comes up
    /// with what was saved there: nothing, unless the [`Options`] switched persistence on or a test said `SAVE`.
    pub fn restart(&self) {
        let mut process = self.process();
        end(&mut process);
        // The port can't be given up here: clients know it. Nobody but a stranger can have taken it.
        match launch(self.directory.path(), &self.options) {
            Ok(child) => *process = child,
            Err(failure) => {
                panic!(
                    "restart on port {}: {failure:?}; the log:\n{}",
                    self.port,
                    self.log()
                );
            }
        }
    }

    /// As [`restart`](Self::restart), without what was saved.
    pub fn restart_empty(&self) {
        self.kill();
        fs::remove_dir_all(self.data()).expect("removing the data of a server");
        fs::create_dir(self.data()).expect("a directory for the data of a server");
        self.restart();
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The port it listens on, the same after a restart.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The Unix socket it listens on as well.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("redis.sock")
    }

    /// `redis://..`, with the password if it has one.
    #[must_use]
    pub fn url(&self) -> String {
        match self.options.password() {
            Some(password) => format!("redis://:{password}@{}", self.address()),
            None => format!("redis://{}", self.address()),
        }
    }

    /// The password of the default user, if one was set.
    #[must_use]
    pub fn password(&self) -> Option<&str> {
        self.options.password()
    }

    /// The process id; another one after a restart.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process().id()
    }

    /// What the server has logged so far, over all its lives.
    #[must_use]
    pub fn log(&self) -> String {
        log_of(self.directory.path())
    }

    /// Its configuration, log and socket are here; removed with the server.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Where it saves `dump.rdb` and the like.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        data_of(self.directory.path())
    }

    fn signal(&self, signal: Signal) {
        // A process that has ended can't be signalled, which is what the tests want of a dead server.
        let _ = kill_process(self.rustix_pid(), signal);
    }

    fn rustix_pid(&self) -> Pid {
        Pid::from_child(&self.process())
    }

    fn process(&self) -> MutexGuard<'_, Child> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Kills and reaps. The pid stays ours until `wait` has returned, so no other process can be hit.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

fn data_of(directory: &Path) -> PathBuf {
    directory.join("data")
}

fn write_configuration(directory: &Path, port: u16, options: &Options) {
    let text = options.configuration(directory, port);
    fs::write(directory.join("redis.conf"), text).expect("writing redis.conf");
}

/// Starts the server of `directory` and waits until it answers.
fn launch(directory: &Path, options: &Options) -> Result<Child, Failure> {
    let log = fs::File::options()
        .create(true)
        .append(true)
        .open(directory.join("server.log"))
        .expect("opening the server's log");
    let errors = log
        .try_clone()
        .expect("a second handle of the server's log");
    let mut command = spawner::command(&options.binary());
    command
        .arg(directory.join("redis.conf"))
        .args(options.arguments())
        .current_dir(directory);
    command
        .envs(options.environment())
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors);
    let mut child = spawner::spawn(command).expect("starting redis-server");
    match wait_until_ready(&mut child, &directory.join("redis.sock")) {
        Ok(()) => Ok(child),
        Err(failure) => {
            end(&mut child);
            Err(failure)
        }
    }
}

/// Asks on the Unix socket: it lies in the server's own directory, so no other server can answer there, and it opens
/// after the TCP port.
fn wait_until_ready(child: &mut Child, socket: &Path) -> Result<(), Failure> {
    let deadline = Instant::now() + START_LIMIT;
    loop {
        if answers(socket).unwrap_or(false) {
            return Ok(());
        }
        if child
            .try_wait()
            .expect("asking for the server's status")
            .is_some()
        {
            return Err(Failure::Exited);
        }
        if Instant::now() > deadline {
            return Err(Failure::Silent);
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Whether the server serves commands. A refusal for want of a password is an answer; LOADING is not.
fn answers(socket: &Path) -> io::Result<bool> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"PING\r\n")?;
    let mut start = [0; 5];
    stream.read_exact(&mut start)?;
    Ok(matches!(&start, b"+PONG" | b"-NOAU"))
}

fn log_of(directory: &Path) -> String {
    fs::read_to_string(directory.join("server.log"))
        .unwrap_or_else(|error| format!("(no log: {error})"))
}
