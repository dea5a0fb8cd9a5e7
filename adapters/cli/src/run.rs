//! `quorlock run`: acquires, runs the command, releases, and says what came of it.

use core::time::Duration;
use std::time::Instant;

use quorlock_tokio::{Drift, Keys, MultiGuard, Part, Release, Verdict};

use crate::acquire::acquire;
use crate::args::RunArgs;
use crate::child::Child;
use crate::clients::Clients;
use crate::console::Console;
use crate::deadline::{Thresholds, Watch};
use crate::event_loop::block_on;
use crate::exit::Exit;
use crate::lines::{self, UnixMillis};
use crate::locked::Locked;
use crate::log;
use crate::nodes;
use crate::report::{self, Failed, Line, Report};
use crate::share::{Share, shares};
use crate::signals::Signals;
use crate::supervise::{Ended, supervise};
use crate::variables;

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
    let keys = args.all_keys();
    // the embedded servers stop when they are dropped
    let (shares, _embedded) = match args.embedded {
        Some(count) => {
            let (group, servers) = nodes::embedded(count)?;
            (vec![Share { group, keys }], servers)
        }
        None => (shares(&args.nodes, keys)?, Vec::new()),
    };
    block_on(session(args, shares, report))
}

fn longer_than_the_longest(args: &RunArgs) -> String {
    let (ttl, max) = (args.ttl.as_duration(), args.nodes.max_ttl.as_duration());
    format!(
        "--ttl {ttl:?} is longer than --max-ttl {max:?}, the longest lease of any client of these \
         nodes: give a shorter --ttl, or all clients a longer --max-ttl (QUORLOCK_MAX_TTL)"
    )
}

async fn session(args: &RunArgs, shares: Vec<Share>, report: &Report) -> Result<Exit, Failed> {
    let mut signals = Signals::start().map_err(|error| Failed::system("no signals", &error))?;
    let clients = Clients::connect(args, shares, FLUSH)?;
    clients.announce(report);
    let guard = match acquire(args, clients.request(), &mut signals).await {
        Ok(guard) => guard,
        Err(failed) => {
            clients.flush(FLUSH).await;
            return Err(failed);
        }
    };
    let held_since = Instant::now();
    let until = UnixMillis::after(guard.remaining());
    for part in guard.parts() {
        if let Some(client) = clients.of(part) {
            let embedded = args.embedded.is_some();
            report.say(&lines::acquired(client, part, &guard, until, embedded));
        }
    }
    report.settle(SETTLE);
    let ended = run_command(args, &guard, until, &mut signals).await;
    if let Ok(Ended {
        lost: Some(lost), ..
    }) = &ended
    {
        report.say(&lines::lost(lost));
    }
    let done = Instant::now();
    let held = done.saturating_duration_since(held_since);
    let extensions = guard.parts().iter().map(|part| part.extension().count);
    let extensions: Vec<u64> = extensions.collect();
    let release = guard.release().await;
    let unconfirmed = clients.flush(FLUSH.saturating_sub(done.elapsed())).await;
    for (part, extensions) in release.parts.iter().zip(extensions) {
        report.say(&lines::released(part, &unconfirmed, held, extensions));
    }
    let gone = |part: &&Part<Release>| part.told.verdict == Verdict::ExpiredEarlier;
    match (ended?, release.parts.iter().find(gone)) {
        (Ended { lost: Some(_), .. }, _) => Ok(Exit::LOST),
        (_, Some(part)) => Err(gone_before(&part.keys)),
        (Ended { status, .. }, None) => Ok(Exit::of_child(status)),
    }
}

/// Starts the command and waits for its end.
async fn run_command(
    args: &RunArgs,
    guard: &MultiGuard,
    until: UnixMillis,
    signals: &mut Signals,
) -> Result<Ended, Failed> {
    if !guard.is_held() {
        let locked = Locked::new(&args.all_keys());
        let told = format_args!("lost {locked}: it expired before the command could be started");
        return Err(Failed::new(Exit::LOST, told));
    }
    let variables = variables::of(guard, until);
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
fn gone_before(keys: &Keys) -> Failed {
    let locked = Locked::new(keys.iter());
    Failed::new(
        Exit::LOST,
        format_args!(
            "lost {locked}: it was gone before it was released; another owner may have had it while the command ran"
        ),
    )
}
