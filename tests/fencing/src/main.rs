//! A holder that is paused past its lease, and a database that refuses its write.
//!
//! Ann reads a balance under a lock and is paused. Her lease ends, Bob gets the lock, reads the same balance and writes
//! a new one. Ann goes on where she was, and writes what she makes of the balance that she had read. Five lock nodes and
//! the database are in this process; no server is needed:
//!
//! ```text
//! cargo run -p quorlock-fencing                  # Ann's write changes no row
//! cargo run -p quorlock-fencing -- --unfenced    # without tokens Bob's update is lost
//! ```

mod account;

use core::error::Error;
use core::time::Duration;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::{env, thread};

use account::Account;
use quorlock_embedded::{Config, Server};
use quorlock_tokio::{Client, Guard};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const LEASE: Duration = Duration::from_millis(500);
/// How long Bob waits for the lock, and a client for its last releases.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> Outcome<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let fenced = match arguments.as_slice() {
        [] => true,
        [word] if word == "--unfenced" => false,
        _ => return Err("usage: quorlock-fencing [--unfenced]".into()),
    };
    let start = |_| Server::start(Config::default(), "127.0.0.1:0");
    let nodes: Vec<Server> = (0..5).map(start).collect::<Result<_, _>>()?;
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("accounts.db");
    Account::create(&path, 100)?;

    let (ann_has_read, bob_may_start) = mpsc::channel();
    let (bob_has_written, ann_wakes) = mpsc::channel();
    let (nodes, path) = (nodes.as_slice(), path.as_path());
    thread::scope(|scope| {
        // Each owns its ends of the channels: when one of them fails, the other one hears of it.
        let threads = [
            scope.spawn(move || ann(nodes, path, fenced, &ann_has_read, &ann_wakes)),
            scope.spawn(move || bob(nodes, path, fenced, &bob_may_start, &bob_has_written)),
        ];
        threads.into_iter().try_for_each(|thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err("a thread has panicked".into()))
        })
    })?;
    let balance = Account::open(path, fenced)?.balance()?;
    println!("in the end the balance is {balance}");
    Ok(())
}

/// Takes 30 out of the account, with a pause between reading and writing.
fn ann(
    nodes: &[Server],
    path: &Path,
    fenced: bool,
    has_read: &Sender<()>,
    wakes: &Receiver<()>,
) -> Outcome<()> {
    let account = Account::open(path, fenced)?;
    alone(async {
        let (client, guard) = lock(nodes).await?;
        let token = guard.token().ok_or("a lock without a token")?;
        let balance = account.balance()?;
        println!("Ann holds the lock, token {token}, and reads {balance}");
        has_read.send(())?;
        // Blocks the runtime with all that it does, extending the lease and telling of its loss as well: as a process
        // that is stopped, a machine that is suspended or a long collection of garbage does.
        wakes.recv()?;
        let rows = account.write(balance - 30, token)?;
        println!("Ann wakes up and writes {}: {rows} rows", balance - 30);
        println!("Ann's release: {}", guard.release().await);
        client.close(PATIENCE).await;
        Ok(())
    })
}

/// Puts 50 into the account.
fn bob(
    nodes: &[Server],
    path: &Path,
    fenced: bool,
    may_start: &Receiver<()>,
    has_written: &Sender<()>,
) -> Outcome<()> {
    let account = Account::open(path, fenced)?;
    may_start.recv()?;
    alone(async {
        let (client, guard) = lock(nodes).await?;
        let token = guard.token().ok_or("a lock without a token")?;
        let balance = account.balance()?;
        println!("Bob holds the lock, token {token}, and reads {balance}");
        let rows = account.write(balance + 50, token)?;
        println!("Bob writes {}: {rows} rows", balance + 50);
        println!("Bob's release: {}", guard.release().await);
        client.close(PATIENCE).await;
        has_written.send(())?;
        Ok(())
    })
}

/// Runs on a runtime of its own, so that one holder's pause is not the other's.
fn alone(work: impl Future<Output = Outcome<()>>) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(work)
}

/// Waits for the lock of the account.
async fn lock(nodes: &[Server]) -> Outcome<(Client, Guard)> {
    let urls = nodes
        .iter()
        .map(|node| format!("redis://{}", node.address()));
    let client = quorlock_tokio::builder().nodes(urls)?.build()?;
    let request = client.lock("account-1").ttl(LEASE);
    let guard = request.acquire_within(PATIENCE).await?;
    Ok((client, guard))
}
