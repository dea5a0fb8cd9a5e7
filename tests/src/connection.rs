//! A small blocking RESP client, to look at a server behind the product's back.

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;

use bytes::BytesMut;
use quorlock_resp::{Decoder, Frame, Limits, Value, encode};

use crate::deployment::is_kept;
use crate::servers::Server;

/// How long a reply, a connection or room for a request may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(5);

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// One connection; commands one after the other.
pub struct Connection {
    stream: Box<dyn Stream>,
    decoder: Decoder,
    input: BytesMut,
}

impl Connection {
    /// Connects to `server` and logs in if it has a password.
    #[must_use]
    pub fn to(server: &Server) -> Self {
        let mut connection = Self::open(server.address())
            .unwrap_or_else(|error| panic!("connecting to {}: {error}", server.address()));
        if let Some(password) = server.password() {
            connection.call(&["AUTH", password]);
        }
        connection
    }

    /// Connects over TCP; replies are awaited for five seconds.
    ///
    /// # Errors
    /// Those of the connect.
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        Self::open_patient(address, PATIENCE)
    }

    /// Connects over TCP; `patience` bounds each wait.
    ///
    /// # Errors
    /// Those of the connect.
    pub fn open_patient(address: SocketAddr, patience: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, patience)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        Ok(Self::over(Box::new(stream)))
    }

    /// Connects to a Unix socket.
    ///
    /// # Errors
    /// Those of the connect.
    pub fn open_unix(path: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self::over(Box::new(stream)))
    }

    /// Sends a command and waits for its reply.
    ///
    /// Panics when there is none; an error reply is a reply.
    pub fn call<A: AsRef<[u8]>>(&mut self, arguments: &[A]) -> Frame {
        self.try_call(arguments).unwrap_or_else(|error| {
            let words: Vec<_> = arguments
                .iter()
                .map(|word| String::from_utf8_lossy(word.as_ref()))
                .collect();
            panic!("no reply to {words:?}: {error}")
        })
    }

    /// Sends a command that has to be answered with `OK`.
    ///
    /// Panics with the server's words when it is not.
    pub fn order<A: AsRef<[u8]>>(&mut self, arguments: &[A]) {
        let reply = self.call(arguments);
        assert!(
            matches!(reply.value(), Value::Simple(b"OK")),
            "{:?} was answered with {:?}",
            String::from_utf8_lossy(arguments[0].as_ref()),
            reply.value()
        );
    }

    /// Sends a command and waits for its reply.
    ///
    /// # Errors
    /// `TimedOut` or `WouldBlock` when nothing came in time, `UnexpectedEof` when the peer closed, `InvalidData` when
    /// what came is no RESP, or the stream's own.
    pub fn try_call<A: AsRef<[u8]>>(&mut self, arguments: &[A]) -> io::Result<Frame> {
        let words: Vec<&[u8]> = arguments.iter().map(AsRef::as_ref).collect();
        let mut request = BytesMut::new();
        encode::command(&mut request, &words);
        self.send(&request)?;
        self.receive()
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Waits for the next frame: a reply, or a push of RESP3.
    ///
    /// # Errors
    /// As [`Self::try_call`].
    pub fn receive(&mut self) -> io::Result<Frame> {
        loop {
            let frame = self.decoder.decode_frame(&mut self.input);
            if let Some(frame) =
                frame.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?
            {
                return Ok(frame);
            }
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                length => self.input.extend_from_slice(&chunk[..length]),
            }
        }
    }

    fn over(stream: Box<dyn Stream>) -> Self {
        Self {
            stream,
            decoder: Decoder::new(Limits::DEFAULT),
            input: BytesMut::new(),
        }
    }
}

/// All keys of the server's database 0 but guards and counters of tokens, sorted; bytes that are no UTF-8 show as U+FFFD.
#[must_use]
pub fn keys(server: &Server) -> Vec<String> {
    let reply = Connection::to(server).call(&["KEYS", "*"]);
    let Value::Array(items) = reply.value() else {
        panic!("KEYS answered {:?}", reply.value())
    };
    let mut keys: Vec<String> = items
        .map(|item| {
            let Value::Bulk(key) = item else {
                panic!("KEYS listed {item:?}")
            };
            String::from_utf8_lossy(key).into_owned()
        })
        .collect();
    keys.retain(|key| !is_kept(key));
    keys.sort_unstable();
    keys
}
