//! What a run has seen, because a run that sees nothing would pass.

use std::collections::BTreeMap;

use quorlock_core::script::{
    ACQUIRE, ACQUIRE_ALL, ACQUIRE_FAIR, APPLY, ARM, EXTEND, EXTEND_ALL, HANDOVER, RELEASE,
    RELEASE_ALL, RELEASE_FAIR, Script,
};
use quorlock_resp::{Frame, Value};

use crate::edges;
use crate::scene::Scene;

/// How often each kind of reply came to each command.
#[derive(Debug, Default)]
pub(crate) struct Coverage(BTreeMap<String, u64>);

/// What a run of usual length must have seen: every answer of every script, the edges of their rules, the errors that a lock can meet, and keys
/// in the last millisecond of their life.
const REQUIRED: [&str; 110] = [
    "acquire -1",
    "acquire -3",
    "acquire -4",
    "acquire -5",
    "acquire 0",
    "acquire 1",
    "acquire -ERR",
    "acquire -NOSCRIPT",
    "acquire -WRONGTYPE",
    "acquire -3 at +1",
    "acquire -4 at -1",
    "acquire -4 at +0",
    "acquire -5 at +1",
    "acquire 1 at -1",
    "acquire 1 at +0",
    "acquire all -1",
    "acquire all -3",
    "acquire all -4",
    "acquire all -5",
    "acquire all 0",
    "acquire all 1",
    "acquire all -ERR",
    "acquire all -NOSCRIPT",
    "acquire all -WRONGTYPE",
    "acquire all -3 at +1",
    "acquire all -4 at -1",
    "acquire all -4 at +0",
    "acquire all -5 at +1",
    "acquire all 1 at -1",
    "acquire all 1 at +0",
    "acquire fair -1",
    "acquire fair -3",
    "acquire fair -4",
    "acquire fair -5",
    "acquire fair -6",
    "acquire fair 0",
    "acquire fair 1",
    "acquire fair -ERR",
    "acquire fair -NOSCRIPT",
    "acquire fair -WRONGTYPE",
    "apply 0",
    "apply 1",
    "apply -ERR",
    "apply -NOSCRIPT",
    "apply -WRONGTYPE",
    "apply 0 at -1",
    "arm -1",
    "arm -2",
    "arm 1",
    "arm -ERR",
    "arm -NOSCRIPT",
    "arm -WRONGTYPE",
    "arm -1 at an end-1000",
    "arm -1 at an end-1",
    "arm 1 at an end+0",
    "arm 1 at an end+1",
    "arm 1 at an end+1000",
    "extend -1",
    "extend 0",
    "extend 1",
    "extend -ERR",
    "extend -NOSCRIPT",
    "extend -WRONGTYPE",
    "extend all -1",
    "extend all 0",
    "extend all 1",
    "extend all -ERR",
    "extend all -NOSCRIPT",
    "extend all -WRONGTYPE",
    "hand over -1",
    "hand over -3",
    "hand over -4",
    "hand over -5",
    "hand over 0",
    "hand over 1",
    "hand over -ERR",
    "hand over -NOSCRIPT",
    "hand over -WRONGTYPE",
    "release -1",
    "release 0",
    "release 1",
    "release -ERR",
    "release -NOSCRIPT",
    "release -WRONGTYPE",
    "release all -1",
    "release all 0",
    "release all 1",
    "release all -ERR",
    "release all -NOSCRIPT",
    "release all -WRONGTYPE",
    "release fair -1",
    "release fair 0",
    "release fair 1",
    "release fair -ERR",
    "release fair -NOSCRIPT",
    "release fair -WRONGTYPE",
    "GET bulk",
    "GET null",
    "GET -WRONGTYPE",
    "HELLO array",
    "HELLO map",
    "HELLO -NOPROTO",
    "PEXPIRE 0",
    "PEXPIRE 1",
    "PTTL 0",
    "PTTL -1",
    "PTTL -2",
    "SET null",
    "SET simple",
    "SET -ERR",
];

/// Shorter runs need not have seen everything.
const USUAL_LENGTH: u64 = 50_000;

impl Coverage {
    pub(crate) fn count(&mut self, command: &[Vec<u8>], reply: &Frame) {
        self.add(format!("{} {}", name(command), kind(reply.value())));
    }

    /// Counts the edge of a rule as well that a script's call may stand on.
    pub(crate) fn count_in(&mut self, scene: &Scene, command: &[Vec<u8>], reply: &Frame) {
        self.count(command, reply);
        if let Some(edge) = edges::edge(command, reply, scene) {
            self.add(edge);
        }
    }

    fn add(&mut self, what: String) {
        *self.0.entry(what).or_default() += 1;
    }

    /// Prints what was seen, and panics when something is missing that should not be.
    pub(crate) fn check(&self, operations: u64) {
        for required in REQUIRED {
            let seen = self.0.get(required).copied().unwrap_or_default();
            println!("{seen:>8} {required}");
            assert!(
                seen > 0 || operations < USUAL_LENGTH,
                "the run has never seen {required}; it has seen {:#?}",
                self.0
            );
        }
    }
}

/// The command, or the script that it runs.
fn name(command: &[Vec<u8>]) -> String {
    let name = String::from_utf8_lossy(&command[0]).to_ascii_uppercase();
    let runs = |script: &Script| {
        command.get(1).is_some_and(|word| {
            word == script.text.as_bytes() || word.eq_ignore_ascii_case(script.sha.as_bytes())
        })
    };
    match name.as_str() {
        "EVAL" | "EVALSHA" if runs(&ACQUIRE) => "acquire".to_owned(),
        "EVAL" | "EVALSHA" if runs(&ACQUIRE_ALL) => "acquire all".to_owned(),
        "EVAL" | "EVALSHA" if runs(&EXTEND_ALL) => "extend all".to_owned(),
        "EVAL" | "EVALSHA" if runs(&RELEASE_ALL) => "release all".to_owned(),
        "EVAL" | "EVALSHA" if runs(&ACQUIRE_FAIR) => "acquire fair".to_owned(),
        "EVAL" | "EVALSHA" if runs(&APPLY) => "apply".to_owned(),
        "EVAL" | "EVALSHA" if runs(&ARM) => "arm".to_owned(),
        "EVAL" | "EVALSHA" if runs(&EXTEND) => "extend".to_owned(),
        "EVAL" | "EVALSHA" if runs(&HANDOVER) => "hand over".to_owned(),
        "EVAL" | "EVALSHA" if runs(&RELEASE) => "release".to_owned(),
        "EVAL" | "EVALSHA" if runs(&RELEASE_FAIR) => "release fair".to_owned(),
        _ => name,
    }
}

fn kind(value: Value<'_>) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Error(text) => {
            let word = text.split(|&byte| byte == b' ').next().unwrap_or_default();
            format!("-{}", String::from_utf8_lossy(word))
        }
        Value::Array(mut items) => match items.next() {
            Some(Value::Integer(code)) => code.to_string(),
            _ => "array".to_owned(),
        },
        Value::Bulk(_) => "bulk".to_owned(),
        Value::Map(_) => "map".to_owned(),
        Value::Null => "null".to_owned(),
        Value::Simple(_) => "simple".to_owned(),
        _ => "other".to_owned(),
    }
}
