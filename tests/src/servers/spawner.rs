//! Children that don't outlive this process, however it ends.
//!
//! `Drop` is not enough: a test that is killed for taking too long, or a runner that is, drops nothing. Linux kills a
//! child at its parent's end when the child asked for it (`PR_SET_PDEATHSIG`), which `setpriv` of util-linux does
//! before it becomes the server, under the same pid. The parent is the *thread* that started the child, so a thread
//! that lives as long as this process starts them all.

use std::io;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Sender};
use std::thread;

/// On Debian this belongs to an essential package.
const SETPRIV: &str = "/usr/bin/setpriv";

struct Request {
    command: Command,
    answer: Sender<io::Result<Child>>,
}

/// A command that runs `program` and is killed with this process. Where there is no `setpriv`, a killed test leaves
/// its servers to whoever runs it.
pub(super) fn command(program: &Path) -> Command {
    if !Path::new(SETPRIV).exists() {
        return Command::new(program);
    }
    let mut command = Command::new(SETPRIV);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Starts `command` from the thread that never ends.
pub(super) fn spawn(command: Command) -> io::Result<Child> {
    static REQUESTS: OnceLock<Sender<Request>> = OnceLock::new();
    let requests = REQUESTS.get_or_init(|| {
        let (sender, receiver) = mpsc::channel::<Request>();
        thread::Builder::new()
            .name("server spawner".to_owned())
            .spawn(move || {
                for Request {
                    mut command,
                    answer,
                } in receiver
                {
                    // Whoever asked may have given up; the child is then dropped and killed with us.
                    let _ = answer.send(command.spawn());
                }
            })
            .expect("the thread that starts servers");
        sender
    });
    let (answer, child) = mpsc::channel();
    requests
        .send(Request { command, answer })
        .expect("the spawner lives as long as the process");
    child.recv().expect("the spawner answers every request")
}
