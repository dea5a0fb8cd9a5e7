//! `quorlock run`: acquires, runs the command, releases, and says what came of it.

use core::time::Duration;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::time::Instant;

use quorlock_tokio::{Client, CloseReport, Drift, Guard, RestartGuard, Timing, Verdict};

use crate::acquire::acquire;
use crate::announce::announce;
use crate::args::RunArgs;
use crate::child::Child;
use crate::client;
use crate::console::Console;
use crate::deadline::{Thresholds, Watch};
use crate::event_loop::block_on;
use crate::exit::Exit;
use crate::lines::{self, UnixMillis};
use crate::log;
use crate::nodes::{self, Group};
use crate::report::{self, Failed, Line, Report, readable};
use crate::signals::Signals;
use crate::supervise::{Ended, supervise};

/// How long releases may take in sum, slow nodes included, before `quorlock` ends
/// without their answers.
const FLUSH: Duration = Duration::from_secs(2);

/// How long the line for acquired may delay the command where stderr is slow.
const SETTLE: Duration = Duration::from_millis(100);

/// How long the last lines may delay the end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Runs the command under the lock.
pub(crate) fn run(args: &RunArgs) -> Exit {
    let console = match Console::start() {
        Ok(console) => console,
        Err(error) => {
            report::complain(format_args!("no thread can be started: {error}"));
            return Exit::SYSTEM;
        }
    };
    let report = Report::new(console.clone(), args.json, args.quiet);
    let exit = start(args, console, &report).unwrap_or_else(|failed| {
        let exit = failed.exit;
        report.say(&Line::Failed(failed));
        exit
    });
    report.settle(LAST_WORDS);
    exit
}

fn start(args: &RunArgs, console: Console, report: &Report) -> Result<Exit, Failed> {
    log::start(console, args.verbose, args.quiet)?;
    if args.ttl > args.nodes.max_ttl {
        return Err(Failed::new(Exit::USAGE, longer_than_the_longest(args)));
    }
    // the embedded servers stop when they are dropped
    let (group, _embedded) = match args.embedded {
        Some(count) => nodes::embedded(count)?,
        None => (Group::of_key(&args.nodes, args.key.as_bytes())?, Vec::new()),
    };
    block_on(session(args, &group, report))
}

fn longer_than_the_longest(args: &RunArgs) -> String {
    let (ttl, max) = (args.ttl.as_duration(), args.nodes.max_ttl.as_duration());
    format!(
        "--ttl {ttl:?} is longer than --max-ttl {max:?}, the longest lease of any client of these \
         nodes: give a shorter --ttl, or all clients a longer --max-ttl (QUORLOCK_MAX_TTL)"
    )
}

async fn session(args: &RunArgs, group: &Group, report: &Report) -> Result<Exit, Failed> {
    let mut signals = Signals::start().map_err(|error| Failed::system("no signals", &error))?;
    let client = connect(args, group)?;
    tokio::spawn(announce(client.watch_nodes(), report.clone()));
    let guard = match acquire(args, &client, group, &mut signals).await {
        Ok(guard) => guard,
        Err(failed) => {
            flush(&client, FLUSH).await;
            return Err(failed);
        }
    };
    let held_since = Instant::now();
    let until = UnixMillis::after(guard.remaining());
    report.say(&lines::acquired(
        &client,
        &guard,
        until,
        args.embedded.is_some(),
    ));
    report.settle(SETTLE);
    let ended = run_command(args, &guard, until, &mut signals).await;
    if let Ok(Ended {
        lost: Some(lost), ..
    }) = &ended
    {
        report.say(&lines::lost(guard.key(), lost));
    }
    let done = Instant::now();
    let (key, extensions) = (guard.key().clone(), guard.extension().count);
    let release = guard.release().await;
    let closed = flush(&client, FLUSH.saturating_sub(done.elapsed())).await;
    let held = done.saturating_duration_since(held_since);
    report.say(&lines::released(&key, &release, &closed, held, extensions));
    match ended? {
        Ended { lost: Some(_), .. } => Ok(Exit::LOST),
        Ended { .. } if release.verdict == Verdict::ExpiredEarlier => Err(gone_before(&key)),
        Ended { status, lost: None } => Ok(Exit::of_child(status)),
    }
}

fn connect(args: &RunArgs, group: &Group) -> Result<Client, Failed> {
    let timing = Timing {
        release_timeout: FLUSH,
        ..Timing::DEFAULT
    };
    let mut builder = client::builder(&args.nodes, &args.votes, &group.urls)?.timing(timing);
    if args.embedded.is_some() {
        // nodes inside this process have no earlier life that they could have forgotten
        builder = builder.guard(RestartGuard::Off);
    }
    client::start(builder)
}

/// Starts the command and waits for its end.
async fn run_command(
    args: &RunArgs,
    guard: &Guard,
    until: UnixMillis,
    signals: &mut Signals,
) -> Result<Ended, Failed> {
    if !guard.is_held() {
        let key = readable(guard.key());
        let told = format_args!("lost {key:?}: it expired before the command could be started");
        return Err(Failed::new(Exit::LOST, told));
    }
    let token = guard.token().map(|token| token.to_string().into());
    let variables = [
        (
            "QUORLOCK_KEY",
            Some(OsString::from_vec(guard.key().to_vec())),
        ),
        ("QUORLOCK_OWNER", Some(guard.owner().to_string().into())),
        ("QUORLOCK_TOKEN", token),
        ("QUORLOCK_VALID_UNTIL_MS", Some(until.0.to_string().into())),
    ];
    let allowance = Drift::DEFAULT.allowance(args.ttl);
    let thresholds = Thresholds::new(args.ttl.as_duration(), allowance, args.kill_after);
    let watch = Watch::new(thresholds, args.kill_after);
    let child = Child::start(&args.command, &variables).map_err(|error| {
        let program = args.command.first().cloned().unwrap_or_default();
        Failed::new(
            Exit::of_exec_error(&error),
            format_args!("{}: {error}", program.display()),
        )
    })?;
    let ended = supervise(child, guard, signals, watch).await;
    ended.map_err(|error| Failed::system("the command can't be waited for", &error))
}

/// The nodes had no lock of ours when the command was done, though it was to hold on
/// by the clock: somebody deleted it, or nodes lost their memory.
fn gone_before(key: &[u8]) -> Failed {
    let key = readable(key);
    Failed::new(
        Exit::LOST,
        format_args!(
            "lost {key:?}: it was gone before it was released; another owner may have had it while the command ran"
        ),
    )
}

/// Gives releases that are still on their way time to arrive.
async fn flush(client: &Client, patience: Duration) -> CloseReport {
    let report = client.close(patience).await;
    if !report.unconfirmed.is_empty() {
        tracing::warn!(
            nodes = %report.unconfirmed,
            "release not confirmed: a key may stay there until its TTL ends"
        );
    }
    report
}
