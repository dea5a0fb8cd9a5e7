//! One conversation, byte by byte as both sides said it.

use core::time::Duration;

use bytes::BytesMut;
use quorlock_resp::{Frame, encode};
use quorlock_tests::connection::Connection;
use quorlock_tests::servers::Server;

/// How long the longest reply may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection that remembers.
pub(crate) struct Tape {
    connection: Connection,
    /// Everything sent, but for the questions that [`Self::ask`] adds.
    pub(crate) sent: BytesMut,
    /// The server's frames, in order, but for the answers to those.
    pub(crate) frames: Vec<Frame>,
    asked: usize,
}

impl Tape {
    /// Connects and says `HELLO`.
    pub(crate) fn start(server: &Server, protocol: &str) -> Self {
        let connection = Connection::open_patient(server.address(), PATIENCE);
        let mut tape = Self {
            connection: connection.expect("a server that has answered accepts"),
            sent: BytesMut::new(),
            frames: Vec::new(),
            asked: 0,
        };
        tape.ask(&[vec!["HELLO", protocol]]);
        tape
    }

    /// Sends commands in one go and takes all that comes, pushes too.
    ///
    /// How many frames a command is answered with differs (none for an unsubscription in RESP3, one per channel for a
    /// subscription), so a `PING` goes behind them, and its answer ends the wait.
    pub(crate) fn ask<W: AsRef<str>>(&mut self, commands: &[Vec<W>]) {
        let mut request = BytesMut::new();
        for command in commands {
            let words: Vec<&[u8]> = command.iter().map(|it| it.as_ref().as_bytes()).collect();
            encode::command(&mut request, &words);
        }
        self.sent.extend_from_slice(&request);
        self.asked += 1;
        let mark = format!("end of question {}", self.asked);
        encode::command(&mut request, &[b"PING", mark.as_bytes()]);
        let sent = self.connection.send(&request);
        sent.expect("a server takes requests");
        let mark = format!("{mark}\r\n").into_bytes();
        loop {
            let frame = self.connection.receive().expect("a server answers");
            if frame.bytes().ends_with(&mark) {
                return;
            }
            self.frames.push(frame);
        }
    }

    /// All frames, one behind the other.
    pub(crate) fn received(&self) -> Vec<u8> {
        self.frames.iter().flat_map(Frame::bytes).copied().collect()
    }
}
