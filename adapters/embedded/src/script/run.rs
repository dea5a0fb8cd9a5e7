//! One run of a script: what `KEYS`, `ARGV` and `redis.call` are to its twin.

use bytes::Bytes;
use quorlock_core::script::Script;

use super::{Program, lua_number};
use crate::answer::{Answer, Outcome};
use crate::command::{self, Call};
use crate::failure::Failure;

/// What a twin sees. Errors come out as Redis 7.0 words them, with the digest of the
/// script and the line where it failed.
pub(crate) struct Run<'r, 'n> {
    call: &'r mut Call<'n>,
    script: &'static Script,
    keys: &'r [Bytes],
    arguments: &'r [Bytes],
}

impl<'r, 'n> Run<'r, 'n> {
    pub(crate) fn new(
        call: &'r mut Call<'n>,
        program: &Program,
        keys: &'r [Bytes],
        arguments: &'r [Bytes],
    ) -> Self {
        call.in_script = true;
        Self {
            call,
            script: program.script,
            keys,
            arguments,
        }
    }

    /// `KEYS[number]`; `None` is Lua's `nil`.
    pub(super) fn key(&self, number: usize) -> Option<&'r Bytes> {
        self.keys.get(number.checked_sub(1)?)
    }

    /// `KEYS[number]` of a number that was computed.
    pub(super) fn key_at(&self, number: f64) -> Option<&'r Bytes> {
        self.key(lua_number::as_index(number)?)
    }

    /// `#KEYS`.
    pub(super) fn key_count(&self) -> f64 {
        lua_number::of_index(self.keys.len())
    }

    /// `KEYS`.
    pub(super) const fn keys(&self) -> &'r [Bytes] {
        self.keys
    }

    /// `KEYS[#KEYS]`.
    pub(super) fn last_key(&self) -> Option<&'r Bytes> {
        self.keys.last()
    }

    /// `ARGV[number]`.
    pub(super) fn argument(&self, number: usize) -> Option<&'r Bytes> {
        self.arguments.get(number.checked_sub(1)?)
    }

    /// `tonumber(ARGV[number])` as an operand of arithmetic, in the line that holds
    /// `place`.
    ///
    /// # Errors
    /// It is `nil`.
    pub(super) fn number(&self, number: usize, place: &str) -> Result<f64, Failure> {
        self.argument(number)
            .and_then(|text| lua_number::parse(text))
            .ok_or_else(|| self.lua_error("attempt to perform arithmetic on a nil value", place))
    }

    /// Two operands of a comparison, in the line that holds `place`, in the order in
    /// which Lua takes them: `a > b` is `b < a` to it.
    ///
    /// # Errors
    /// One of them is `nil`.
    pub(super) fn comparable(
        &self,
        one: Option<f64>,
        other: Option<f64>,
        place: &str,
    ) -> Result<(f64, f64), Failure> {
        let text = match (one, other) {
            (Some(one), Some(other)) => return Ok((one, other)),
            (Some(_), None) => "attempt to compare number with nil",
            (None, Some(_)) => "attempt to compare nil with number",
            (None, None) => "attempt to compare two nil values",
        };
        Err(self.lua_error(text, place))
    }

    /// The server's time in microseconds, as the scripts compute it from `TIME`:
    /// exact, because [`ServerTime`](crate::ServerTime) ends where doubles do.
    pub(super) fn micros(&self) -> f64 {
        lua_number::of(self.call.now.as_micros().cast_signed())
    }

    /// `redis.call(name, arguments..)`, with integers as Lua has them: as doubles.
    /// `source` is how the arguments begin in the script's text, which tells the line.
    pub(super) fn redis(
        &mut self,
        name: &'static str,
        source: &str,
        arguments: &[Option<&Bytes>],
    ) -> Outcome {
        let place = || ["redis.call('", name, "', ", source].concat();
        let mut request = Vec::with_capacity(1 + arguments.len());
        request.push(Bytes::from_static(name.as_bytes()));
        for argument in arguments {
            let Some(argument) = argument else {
                let text = b"ERR Lua redis lib command arguments must be strings or integers";
                return Err(self.failure(text, &place()));
            };
            request.push(Bytes::clone(argument));
        }
        match command::execute(self.call, &request) {
            Ok(Answer::Integer(number)) => Ok(lua_number::truncated(lua_number::of(number)).into()),
            Ok(answer) => Ok(answer),
            Err(failure) => Err(self.failure(failure.text(), &place())),
        }
    }

    /// `redis.call('GET', key)`; `None` is Lua's `false`.
    pub(super) fn get(
        &mut self,
        source: &str,
        key: Option<&Bytes>,
    ) -> Result<Option<Bytes>, Failure> {
        let reply = self.redis("GET", source, &[key])?;
        Ok(if let Answer::Bulk(text) = reply {
            Some(text)
        } else {
            None
        })
    }

    /// The error that Lua itself raises in the line that holds `place`.
    pub(super) fn lua_error(&self, text: &str, place: &str) -> Failure {
        let line = self.line(place).to_string();
        let text = ["ERR user_script:", &line, ": ", text].concat();
        self.failure(text.as_bytes(), place)
    }

    fn failure(&self, text: &[u8], place: &str) -> Failure {
        let (sha, line) = (self.script.sha.as_bytes(), self.line(place).to_string());
        Failure::of(&[
            text,
            b" script: ",
            sha,
            b", on @user_script:",
            line.as_bytes(),
            b".",
        ])
    }

    /// The number of the line that holds `place`, counted from 1.
    fn line(&self, place: &str) -> usize {
        self.script
            .text
            .lines()
            .take_while(|line| !line.contains(place))
            .count()
            + 1
    }
}
