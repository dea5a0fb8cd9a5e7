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
        Self {
            call,
            script: program.script,
            keys,
            arguments,
        }
    }

    /// `KEYS[1]`; `None` is Lua's `nil`.
    pub(super) fn lock(&self) -> Option<&'r Bytes> {
        self.keys.first()
    }

    /// `ARGV[1]`.
    pub(super) fn owner(&self) -> Option<&'r Bytes> {
        self.arguments.first()
    }

    /// `ARGV[2]`.
    pub(super) fn lease(&self) -> Option<&'r Bytes> {
        self.arguments.get(1)
    }

    /// The server's time in microseconds, as the scripts compute it from `TIME`:
    /// exact, because [`ServerTime`](crate::ServerTime) ends where doubles do.
    pub(super) fn micros(&self) -> Answer {
        Answer::Integer(self.call.now.as_micros().cast_signed())
    }

    /// `redis.call(name, arguments..)`, with integers as Lua has them: as doubles. `SET` and the others are named once in each
    /// script, so that the name tells the line.
    pub(super) fn redis(&mut self, name: &'static str, arguments: &[Option<&Bytes>]) -> Outcome {
        let place = ["redis.call('", name, "'"].concat();
        let Some(arguments) = arguments.iter().copied().collect::<Option<Vec<_>>>() else {
            let text = b"ERR Lua redis lib command arguments must be strings or integers";
            return Err(self.failure(text, &place));
        };
        let mut request = vec![Bytes::from_static(name.as_bytes())];
        request.extend(arguments.into_iter().cloned());
        match command::execute(self.call, &request) {
            Ok(Answer::Integer(number)) => Ok(Answer::Integer(lua_number::rounded(number))),
            Ok(answer) => Ok(answer),
            Err(failure) => Err(self.failure(failure.text(), &place)),
        }
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
