//! Lines for stderr, written by a thread of their own.
//!
//! A pipe that nobody reads blocks whoever writes to it. The task that watches the
//! lease must not be blocked so, or a full pipe would keep the command running on a
//! lock that has ended. So it never waits for stderr: where 1,024 lines are queued,
//! more are dropped.

use core::time::Duration;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use tracing_subscriber::fmt::MakeWriter;

/// Lines that wait at most.
const QUEUE: usize = 1_024;

/// The way to stderr. Clones share one queue.
#[derive(Clone, Debug)]
pub(crate) struct Console(SyncSender<Message>);

#[derive(Debug)]
enum Message {
    Line(Vec<u8>),
    Written(Sender<()>),
}

impl Console {
    /// A console that writes to stderr.
    ///
    /// # Errors
    /// The system's, where no thread can be started.
    pub(crate) fn start() -> io::Result<Self> {
        Self::over(io::stderr())
    }

    fn over(out: impl Write + Send + 'static) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(QUEUE);
        thread::Builder::new()
            .name("stderr".to_owned())
            .spawn(move || write_all(&receiver, out))?;
        Ok(Self(sender))
    }

    /// Queues a line; `line` comes without its line feed.
    pub(crate) fn line(&self, mut line: String) {
        line.push('\n');
        self.queue(line.into_bytes());
    }

    /// Waits until the lines queued so far are written, at most for `patience`.
    /// Blocks the thread.
    pub(crate) fn flush(&self, patience: Duration) {
        let (written, wait) = channel();
        if self.0.try_send(Message::Written(written)).is_ok() {
            // nothing can be done about lines that stderr does not take
            let _ = wait.recv_timeout(patience);
        }
    }

    fn queue(&self, line: Vec<u8>) {
        // full: the line is dropped, as the module says
        let _ = self.0.try_send(Message::Line(line));
    }
}

/// One log line comes in one `write`.
impl Write for Console {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.queue(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Console {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn write_all(queue: &Receiver<Message>, mut out: impl Write) {
    for message in queue {
        match message {
            // stderr that is closed or broken: there is nowhere to say so
            Message::Line(line) => drop(out.write_all(&line)),
            Message::Written(tell) => drop(tell.send(())),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says what it found by panicking")]

    use std::sync::{Arc, Mutex, PoisonError};
    use std::time::Instant;

    use super::*;

    /// Takes a line only when the lock is free: a pipe that can be blocked.
    #[derive(Clone, Default)]
    struct Pipe(Arc<Mutex<Vec<u8>>>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_come_in_order() {
        let pipe = Pipe::default();
        let console = Console::over(pipe.clone()).unwrap();
        console.line("one".to_owned());
        console.clone().write_all(b"two\n").unwrap();
        console.line("three".to_owned());
        console.flush(Duration::from_secs(10));
        assert_eq!(*pipe.0.lock().unwrap(), b"one\ntwo\nthree\n");
    }

    #[test]
    fn a_blocked_pipe_blocks_nobody() {
        let pipe = Pipe::default();
        let console = Console::over(pipe.clone()).unwrap();
        let blocked = pipe.0.lock().unwrap();
        let start = Instant::now();
        for number in 0..QUEUE * 2 {
            console.line(number.to_string());
        }
        console.flush(Duration::from_millis(20));
        assert!(start.elapsed() < Duration::from_secs(5));
        drop(blocked);
        let mut lines = 0;
        // the queue is taken by and by: what was dropped never comes
        while lines < QUEUE && start.elapsed() < Duration::from_secs(20) {
            console.flush(Duration::from_secs(1));
            lines = String::from_utf8(pipe.0.lock().unwrap().clone())
                .unwrap()
                .lines()
                .count();
        }
        assert!((QUEUE..QUEUE * 2).contains(&lines), "{lines} lines");
    }
}
