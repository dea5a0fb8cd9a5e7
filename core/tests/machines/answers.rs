//! What the replies of the scripts and of the servers' own commands are read as.

use core::time::Duration;

use quorlock_core::{Answer, CompareAndDelete, Dialect, Reply, Verb};
use quorlock_resp::Decoder;

const VERBS: [Verb; 5] = [
    Verb::Acquire,
    Verb::Arm,
    Verb::Extend,
    Verb::Heal,
    Verb::Release,
];

fn read(verb: Verb, dialect: Dialect, bytes: &str) -> Option<Reply> {
    let mut decoder = Decoder::default();
    let reply = decoder.decode(bytes.as_bytes()).unwrap().unwrap();
    Reply::read(verb, dialect, reply.value()).ok()
}

fn foreign(millis: u64) -> Answer {
    Answer::Foreign(Some(Duration::from_millis(millis)))
}

#[test]
fn the_codes_of_scripts() {
    use Verb::{Acquire, Arm, Extend, Heal};
    let second = Duration::from_secs(1);
    // Whatever is not in the table, from -7 to 2, is no answer to that question.
    let table = [
        (Acquire, 1, Answer::Done),
        (Acquire, 0, foreign(1_000)),
        (Acquire, -1, Answer::Unguarded),
        (Acquire, -3, Answer::Late),
        (Acquire, -4, Answer::Outbid(1_000)),
        (Acquire, -5, Answer::TooFarAhead),
        (Acquire, -6, Answer::Behind(second)),
        (Arm, 1, Answer::Done),
        (Arm, -1, Answer::Quarantined(second)),
        (Arm, -2, Answer::OtherMaxTtl(1_000)),
        (Extend, 1, Answer::Done),
        (Extend, 0, Answer::Absent),
        (Extend, -1, foreign(1_000)),
        (Heal, 1, Answer::Done),
        (Heal, 0, foreign(1_000)),
    ];
    for verb in [Acquire, Arm, Extend, Heal] {
        for code in -7..=2 {
            let bytes = format!("*3\r\n:{code}\r\n:1000\r\n:77\r\n");
            let expected = table.iter().find(|row| (row.0, row.1) == (verb, code));
            let expected = expected.map(|(_, _, answer)| Reply {
                answer: answer.clone(),
                server_us: Some(77),
            });
            let found = read(verb, Dialect::Script, &bytes);
            assert_eq!(found, expected, "{verb:?} {code}");
        }
    }
}

#[test]
fn a_script_that_releases_answers_its_code_only() {
    for (code, expected) in [
        (-2, None),
        (-1, Some(Answer::Foreign(None))),
        (0, Some(Answer::Absent)),
        (1, Some(Answer::Done)),
        (2, None),
    ] {
        let found = read(Verb::Release, Dialect::Script, &format!(":{code}\r\n"));
        let expected = expected.map(|answer| Reply {
            answer,
            server_us: None,
        });
        assert_eq!(found, expected, "{code}");
    }
}

#[test]
fn a_hand_over_answers_both_that_it_did() {
    for (code, released) in [
        (-1, Answer::Foreign(None)),
        (0, Answer::Absent),
        (1, Answer::Done),
    ] {
        let bytes = format!("*4\r\n:0\r\n:1000\r\n:77\r\n:{code}\r\n");
        let found = read(Verb::HandOver, Dialect::Script, &bytes).unwrap();
        let expected = Answer::HandedOver(Box::new((released, foreign(1_000))));
        assert_eq!((found.answer, found.server_us), (expected, Some(77)));
    }
}

#[test]
fn a_key_without_a_lease_is_held_without_an_end() {
    let found = read(Verb::Acquire, Dialect::Script, "*3\r\n:0\r\n:-1\r\n:77\r\n");
    assert_eq!(found.unwrap().answer, Answer::Foreign(None));
    // nor is there a span to wait for, or a counter
    for (verb, code) in [(Verb::Acquire, -4), (Verb::Arm, -1), (Verb::Arm, -2)] {
        let bytes = format!("*3\r\n:{code}\r\n:-1\r\n:77\r\n");
        assert_eq!(read(verb, Dialect::Script, &bytes), None, "{verb:?} {code}");
    }
}

#[test]
fn a_reply_of_another_shape_is_none_of_ours() {
    for bytes in [
        "+OK\r\n",
        ":1\r\n",
        "*2\r\n:1\r\n:2\r\n",
        "*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n",
        "*3\r\n:1\r\n:2\r\n+3\r\n",
    ] {
        assert_eq!(read(Verb::Acquire, Dialect::Script, bytes), None, "{bytes}");
    }
    assert_eq!(read(Verb::Release, Dialect::Script, "+OK\r\n"), None);
}

#[test]
fn the_servers_own_words() {
    use Verb::{Acquire, Extend, Heal, Release};
    let native = Dialect::Native(CompareAndDelete::DelIfEq);
    let table = [
        ("+OK\r\n", &[Acquire, Extend, Heal][..], Answer::Done),
        (":1\r\n", &[Extend, Release], Answer::Done),
        ("_\r\n", &[Acquire, Heal], Answer::Foreign(None)),
        (":-1\r\n", &[Extend, Release], Answer::Foreign(None)),
        ("_\r\n", &[Extend], Answer::Absent),
        (":0\r\n", &[Extend, Release], Answer::Absent),
    ];
    for bytes in [
        "+OK\r\n", "+NO\r\n", "_\r\n", ":-1\r\n", ":0\r\n", ":1\r\n", ":2\r\n",
    ] {
        for verb in VERBS {
            let expected = table
                .iter()
                .find(|(reply, verbs, _)| *reply == bytes && verbs.contains(&verb));
            let found = read(verb, native, bytes).map(|reply| reply.answer);
            assert_eq!(found, expected.map(|row| row.2.clone()), "{verb:?} {bytes}");
        }
    }
}

#[test]
fn an_error_is_an_answer_to_everything() {
    for verb in VERBS {
        for dialect in [Dialect::Script, Dialect::Transaction] {
            for bytes in ["-ERR no\r\n", "!6\r\nERR no\r\n"] {
                let reply = read(verb, dialect, bytes).unwrap();
                assert!(
                    matches!(&reply.answer, Answer::Failed(error) if error.message() == "ERR no"),
                    "{verb:?} {dialect:?} {reply:?}"
                );
            }
        }
    }
}
