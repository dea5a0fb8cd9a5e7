//! Requests: arrays of bulk strings, split off the front of the input.
//!
//! A parser of its own beside `quorlock-resp`, which reads replies: the grammar of
//! requests is smaller, its errors have texts of their own, and its limits are
//! tighter as long as a client has not shown a password. Arguments leave the input as
//! they become whole, so that no byte is looked at twice.

use bytes::{Buf, Bytes, BytesMut};

use crate::config::Limits;
use crate::failure::Failure;
use crate::integer;

/// Where the parsing of one connection's requests stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Parser {
    arguments: Vec<Bytes>,
    /// Arguments of this request that are still to come.
    missing: usize,
    /// The announced length of the next argument.
    bulk: Option<usize>,
    /// Bytes of the current line that hold no carriage return.
    scanned: usize,
    /// Bytes of all arguments announced so far.
    size: usize,
}

/// What a request may bring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    limits: Limits,
    authenticated: bool,
}

impl Bounds {
    pub(crate) fn new(limits: Limits, authenticated: bool) -> Self {
        Self {
            limits,
            authenticated,
        }
    }
}

/// What ends a line and an argument.
const END: &[u8] = b"\r\n";
/// Room for so many is made at once, whatever is announced.
const USUAL_ARGUMENTS: usize = 16;
/// The longest line that Redis waits for.
const LINE: usize = 64 * 1024;
/// Limits for clients that have shown no password yet, since Redis 6.2.6
/// (CVE-2021-32675): nobody else can make the server hold their bytes.
const UNAUTHENTICATED_ARGUMENTS: usize = 10;
const UNAUTHENTICATED_BULK: usize = 16 * 1024;

impl Parser {
    /// The next whole request with at least one argument, or `None` until more
    /// bytes are there.
    ///
    /// # Errors
    /// What the client did wrong; the connection can't be read any further.
    pub(crate) fn next(
        &mut self,
        input: &mut BytesMut,
        bounds: Bounds,
    ) -> Result<Option<Vec<Bytes>>, Failure> {
        loop {
            if let Some(length) = self.bulk {
                if !self.argument(input, length)? {
                    return Ok(None);
                }
                if self.missing == 0 {
                    self.size = 0;
                    return Ok(Some(core::mem::take(&mut self.arguments)));
                }
            } else if self.missing == 0 {
                match input.first() {
                    None => return Ok(None),
                    Some(b'*') => {}
                    Some(&other) => return Err(unexpected(b"*", other)),
                }
                let Some(line) = self.line(input, "too big mbulk count string")? else {
                    return Ok(None);
                };
                self.missing = array_length(line, bounds)?;
                self.arguments.reserve(self.missing.min(USUAL_ARGUMENTS));
                input.advance(line.len() + END.len());
            } else {
                let Some(line) = self.line(input, "too big bulk count string")? else {
                    return Ok(None);
                };
                let length = self.bulk_length(line, bounds)?;
                input.advance(line.len() + END.len());
                self.bulk = Some(length);
            }
        }
    }

    /// Takes an argument of `length` bytes, if it is there with its line end.
    fn argument(&mut self, input: &mut BytesMut, length: usize) -> Result<bool, Failure> {
        // The length is below the limits, so that the sum can't overflow.
        let Some(end) = input.get(length..length + END.len()) else {
            return Ok(false);
        };
        // Redis skips these two bytes unseen. A node for tests should notice a
        // client that counts its bytes wrong.
        if end != END {
            return Err(protocol("expected CRLF behind an argument"));
        }
        self.arguments.push(input.split_to(length).freeze());
        input.advance(END.len());
        self.missing -= 1;
        self.bulk = None;
        Ok(true)
    }

    /// The line at the front without its end, if it is all there.
    fn line<'i>(
        &mut self,
        input: &'i [u8],
        too_long: &'static str,
    ) -> Result<Option<&'i [u8]>, Failure> {
        let unseen = input.get(self.scanned..).unwrap_or_default();
        let Some(offset) = unseen.iter().position(|&byte| byte == b'\r') else {
            self.scanned = input.len();
            return if input.len() > LINE {
                Err(protocol(too_long))
            } else {
                Ok(None)
            };
        };
        let end = self.scanned + offset;
        match input.get(end + 1) {
            None => {
                self.scanned = end;
                Ok(None)
            }
            Some(b'\n') => {
                self.scanned = 0;
                Ok(input.get(..end))
            }
            Some(_) => Err(protocol("expected LF behind CR")),
        }
    }

    fn bulk_length(&mut self, line: &[u8], bounds: Bounds) -> Result<usize, Failure> {
        let digits = match line {
            [b'$', digits @ ..] => digits,
            [other, ..] => return Err(unexpected(b"$", *other)),
            [] => return Err(unexpected(b"$", b'\r')),
        };
        let length = integer::parse(digits)
            .and_then(|length| usize::try_from(length).ok())
            .filter(|&length| length <= bounds.limits.bulk)
            .ok_or_else(|| protocol("invalid bulk length"))?;
        if !bounds.authenticated && length > UNAUTHENTICATED_BULK {
            return Err(protocol("unauthenticated bulk length"));
        }
        self.size = self.size.saturating_add(length);
        if self.size > bounds.limits.request {
            return Err(protocol("too big request"));
        }
        Ok(length)
    }
}

/// How many arguments follow; none for an empty or negative array, which is skipped.
fn array_length(line: &[u8], bounds: Bounds) -> Result<usize, Failure> {
    let digits = line.strip_prefix(b"*").unwrap_or(line);
    let invalid = || protocol("invalid multibulk length");
    let length = integer::parse(digits).ok_or_else(invalid)?;
    let length = usize::try_from(length.max(0)).map_err(|_| invalid())?;
    if length > bounds.limits.arguments {
        return Err(invalid());
    }
    if !bounds.authenticated && length > UNAUTHENTICATED_ARGUMENTS {
        return Err(protocol("unauthenticated multibulk length"));
    }
    Ok(length)
}

fn protocol(what: &str) -> Failure {
    Failure::of(&[b"ERR Protocol error: ", what.as_bytes()])
}

fn unexpected(wanted: &[u8], found: u8) -> Failure {
    Failure::of(&[
        b"ERR Protocol error: expected '",
        wanted,
        b"', got '",
        &[found],
        b"'",
    ])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

    use super::*;

    const OPEN: Bounds = Bounds {
        limits: Limits::DEFAULT,
        authenticated: true,
    };

    fn parse_all(bytes: &[u8], bounds: Bounds) -> Result<Vec<Vec<Bytes>>, Failure> {
        let mut parser = Parser::default();
        let mut input = BytesMut::from(bytes);
        let mut requests = Vec::new();
        while let Some(request) = parser.next(&mut input, bounds)? {
            requests.push(request);
        }
        Ok(requests)
    }

    #[test]
    fn requests_come_out_whole_however_they_come_in() {
        let bytes = b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*-1\r\n*0\r\n*1\r\n$0\r\n\r\n";
        let expected = vec![
            vec![Bytes::from("GET"), Bytes::from("k")],
            vec![Bytes::new()],
        ];
        assert_eq!(parse_all(bytes, OPEN), Ok(expected.clone()));

        let mut parser = Parser::default();
        let mut input = BytesMut::new();
        let mut requests = Vec::new();
        for &byte in bytes {
            input.extend_from_slice(&[byte]);
            requests.extend(parser.next(&mut input, OPEN).unwrap());
        }
        assert_eq!(requests, expected);
        assert!(input.is_empty());
    }

    #[test]
    fn says_what_is_wrong() {
        let long = [b"*".as_slice(), &b"1".repeat(LINE)].concat();
        for (bytes, text) in [
            (b"PING\r\n".as_slice(), "expected '*', got 'P'"),
            (b"*x\r\n", "invalid multibulk length"),
            (b"*+1\r\n", "invalid multibulk length"),
            (b"*99999999999\r\n", "invalid multibulk length"),
            (b"*1\r\nfoo\r\n", "expected '$', got 'f'"),
            (b"*1\r\n\r\n", "expected '$', got ' '"),
            (b"*1\r\n$-1\r\n", "invalid bulk length"),
            (b"*1\r\n$999999999999\r\n", "invalid bulk length"),
            (b"*1\r\n$4\r\nPINGxx", "expected CRLF behind an argument"),
            (b"*1\rx", "expected LF behind CR"),
            (&long, "too big mbulk count string"),
        ] {
            let failure = parse_all(bytes, OPEN).unwrap_err();
            assert_eq!(failure, protocol(text));
        }
    }

    #[test]
    fn nothing_grows_past_the_limits() {
        let closed = Bounds {
            authenticated: false,
            ..OPEN
        };
        assert_eq!(
            parse_all(b"*11\r\n", closed),
            Err(protocol("unauthenticated multibulk length"))
        );
        assert_eq!(
            parse_all(b"*1\r\n$16385\r\n", closed),
            Err(protocol("unauthenticated bulk length"))
        );
        assert_eq!(parse_all(b"*10\r\n$16384\r\n", closed), Ok(Vec::new()));

        let limits = Limits {
            request: 5,
            ..Limits::DEFAULT
        };
        let bytes = b"*2\r\n$3\r\nabc\r\n$3\r\n";
        let small = Bounds {
            limits,
            authenticated: true,
        };
        assert_eq!(parse_all(bytes, small), Err(protocol("too big request")));
    }
}
