//! All keys of both, with type, value and time left.

use quorlock_resp::{Frame, Value};

use crate::commands::{DATABASES, KEYS};
use crate::coverage::Coverage;
use crate::pair::{Command, Twins};
use quorlock_embedded::ServerTime;

/// Looks at every key that the run may have set, and at the list of keys, which shows any other. Answers when the keys
/// expire, in milliseconds since 1970.
///
/// To look is to touch: expired keys are gone from both afterwards.
pub(crate) fn compare(observer: &mut Twins, now: ServerTime, coverage: &mut Coverage) -> Vec<i64> {
    let commands = questions();
    let replies = observer.run(&commands, now);
    let mut deadlines = Vec::new();
    for (command, reply) in commands.iter().zip(&replies) {
        coverage.count(command, reply);
        if let (b"PTTL", Some(left @ 0..)) = (command[0].as_slice(), integer(reply)) {
            deadlines.push(now.as_millis().saturating_add(left));
        }
    }
    deadlines
}

fn questions() -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    for database in DATABASES {
        commands.push(vec![b"SELECT".into(), database.into()]);
        commands.push(vec![b"KEYS".into(), b"*".into()]);
        for key in KEYS {
            for question in ["TYPE", "PTTL", "GET"] {
                commands.push(vec![question.into(), key.into()]);
            }
            commands.push(vec![
                b"LRANGE".into(),
                key.into(),
                b"0".into(),
                b"-1".into(),
            ]);
        }
    }
    commands
}

fn integer(reply: &Frame) -> Option<i64> {
    match reply.value() {
        Value::Integer(number) => Some(number),
        _ => None,
    }
}
