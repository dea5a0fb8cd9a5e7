//! All keys of both, with type, value and time left.

use quorlock_resp::Value;

use crate::commands::{DATABASES, KEYS};
use crate::coverage::Coverage;
use crate::pair::{Command, Twins};
use crate::scene::Scene;

/// Looks at every key that the run may have set, and at the list of keys, which shows any other. The scene remembers
/// what they hold and when they expire.
///
/// To look is to touch: expired keys are gone from both afterwards.
pub(crate) fn compare(observer: &mut Twins, scene: &mut Scene, coverage: &mut Coverage) {
    let commands = questions();
    let replies = observer.run(&commands, scene.now);
    scene.clear();
    for (command, reply) in commands.iter().zip(&replies) {
        coverage.count(command, reply);
        match (command[0].as_slice(), reply.value()) {
            (b"PTTL", Value::Integer(left @ 0..)) => scene.saw_lease(left),
            (b"GET", Value::Bulk(text)) => scene.saw_text(text),
            _ => {}
        }
    }
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
