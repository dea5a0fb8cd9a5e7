//! Where a peer and we differ for a reason. Whatever is not in this table is a finding.

use quorlock_resp::{DecodeError, ErrorKind};

use super::ours::Read;
use super::peers::Said;
use crate::tree::Tree;

/// One input, what we made of it, and what a peer did.
pub(super) struct Case<'a> {
    pub(super) input: &'a [u8],
    pub(super) peer: &'static str,
    pub(super) ours: &'a Result<Option<Read>, DecodeError>,
    pub(super) theirs: &'a Said,
}

/// A difference that is meant.
pub(super) struct Difference {
    pub(super) peers: &'static [&'static str],
    /// Why we read it as we do.
    pub(super) reason: &'static str,
    /// An input that shows it with each of the peers.
    pub(super) example: &'static str,
    applies: fn(&Case<'_>) -> bool,
}

const ALL: &[&str] = &["redis-protocol", "redis-rs", "resp-rs"];
const LENIENT: &[&str] = &["redis-protocol", "redis-rs"];
const REDIS_PROTOCOL: &[&str] = &["redis-protocol"];
const REDIS_RS: &[&str] = &["redis-rs"];
const PIECEMEAL: &[&str] = &["redis-protocol", "resp-rs"];
const RESP_RS: &[&str] = &["resp-rs"];

/// What we say to an integer of any size that is none.
const INTEGERS: &[ErrorKind] = &[ErrorKind::BigNumber, ErrorKind::Integer, ErrorKind::Length];

/// What we say to a number or a length that is none.
const NUMBERS: &[ErrorKind] = &[
    ErrorKind::Double,
    ErrorKind::Integer,
    ErrorKind::Length,
    ErrorKind::Terminator,
];

pub(super) const DIFFERENCES: &[Difference] = &[
    Difference {
        peers: ALL,
        reason: "one number has one form: a stray zero in front is a sign of lost step",
        example: ":007\r\n",
        applies: |case| rejected(case, INTEGERS) && padded(case),
    },
    Difference {
        peers: LENIENT,
        reason: "a length has no sign",
        example: "$+1\r\na\r\n",
        applies: |case| rejected(case, &[ErrorKind::Length]) && line(case).starts_with(b"+"),
    },
    Difference {
        peers: REDIS_RS,
        reason: "-1 is the only null; hiredis CVE-2021-32765 began with other negative lengths",
        example: "$-2\r\n",
        applies: |case| rejected(case, NUMBERS) && line(case).starts_with(b"-"),
    },
    Difference {
        peers: REDIS_RS,
        reason: "no server pads numbers; redis-rs trims them",
        example: ": 1\r\n",
        applies: |case| rejected(case, NUMBERS) && trimmed(case),
    },
    Difference {
        peers: ALL,
        reason: "a double is decimal, inf, -inf or nan; peers take whatever Rust's parser takes",
        example: ",infinity\r\n",
        applies: |case| rejected(case, &[ErrorKind::Double]),
    },
    Difference {
        peers: LENIENT,
        reason: "a big number is digits; these peers hand out any line",
        example: "(12a\r\n",
        applies: |case| rejected(case, &[ErrorKind::BigNumber]),
    },
    Difference {
        peers: ALL,
        reason: "a line ends with CR LF and has neither inside (the specification's simple types)",
        example: "+a\rb\r\n",
        applies: |case| rejected(case, &[ErrorKind::Terminator]) && in_line(case),
    },
    Difference {
        peers: REDIS_PROTOCOL,
        reason: "a bulk ends with CR LF; redis-protocol skips any two bytes",
        example: "$1\r\naXY",
        applies: |case| rejected(case, &[ErrorKind::Terminator]) && !in_line(case),
    },
    Difference {
        peers: LENIENT,
        reason: "a verbatim string has three bytes of format and a colon",
        example: "=6\r\ntxt-a:\r\n",
        applies: |case| rejected(case, &[ErrorKind::Verbatim]),
    },
    Difference {
        peers: REDIS_PROTOCOL,
        reason: "order and duplicates are kept; redis-protocol hashes, and of equal keys one is left",
        example: "~2\r\n:1\r\n:1\r\n",
        applies: |case| accepted(case, repeats),
    },
    Difference {
        peers: PIECEMEAL,
        reason: "a streamed value is one value; these peers hand out its pieces, also in attributes",
        example: "|1\r\n+a\r\n.\r\n+b\r\n",
        applies: pieces,
    },
    Difference {
        peers: RESP_RS,
        reason: "a verbatim format is any three bytes; resp-rs wants no colon among them",
        example: "=5\r\na:b:c\r\n",
        applies: |case| {
            accepted(
                case,
                |it| matches!(it, Tree::Verbatim(format, _) if format.contains(&b':')),
            )
        },
    },
];

/// The row that justifies the difference of this case.
pub(super) fn justification(case: &Case<'_>) -> Option<&'static Difference> {
    DIFFERENCES
        .iter()
        .find(|it| it.peers.contains(&case.peer) && (it.applies)(case))
}

fn rejected(case: &Case<'_>, kinds: &[ErrorKind]) -> bool {
    matches!(case.ours, Err(error) if kinds.contains(&error.kind()))
}

/// The line in which our error is: its type byte and the rest without the line's end.
fn split_line<'a>(case: &Case<'a>) -> Option<(u8, &'a [u8])> {
    let at = case.ours.as_ref().err()?.offset();
    let (before, behind) = case.input.split_at_checked(at)?;
    let start = before.iter().rposition(|&byte| byte == b'\n');
    let start = start.map_or(0, |place| place + 1);
    let length = behind.windows(2).position(|bytes| bytes == b"\r\n");
    let end = at + length.unwrap_or(behind.len());
    let (first, rest) = case.input.get(start..end)?.split_first()?;
    Some((*first, rest))
}

fn line<'a>(case: &Case<'a>) -> &'a [u8] {
    split_line(case).map_or(&[], |(_, rest)| rest)
}

/// Whether a number has a zero in front, or is -0.
fn padded(case: &Case<'_>) -> bool {
    let digits = line(case);
    let digits = digits.strip_prefix(b"-").unwrap_or(digits);
    let digits = digits.strip_prefix(b"+").unwrap_or(digits);
    digits.starts_with(b"0")
}

/// Whether a line is a number with white space around it.
fn trimmed(case: &Case<'_>) -> bool {
    str::from_utf8(line(case)).is_ok_and(|text| {
        let number = text.trim();
        number.len() < text.len() && number.parse::<f64>().is_ok()
    })
}

/// Whether the error is in a type that is one line, not in or behind a bulk.
fn in_line(case: &Case<'_>) -> bool {
    split_line(case).is_some_and(|(first, _)| b"+-:,(#_".contains(&first))
}

/// Whether a streamed type begins in the input, or we found a piece of one where none can be.
fn pieces(case: &Case<'_>) -> bool {
    let stray = split_line(case).is_some_and(|(first, _)| b".;".contains(&first));
    stray || case.input.windows(3).any(|bytes| bytes == b"?\r\n")
}

/// Whether we accepted it, and a value like this is in it.
fn accepted(case: &Case<'_>, like: fn(&Tree) -> bool) -> bool {
    matches!(case.ours, Ok(Some(read)) if holds(&read.tree, like))
}

fn holds(tree: &Tree, like: fn(&Tree) -> bool) -> bool {
    like(tree)
        || match tree {
            Tree::Array(trees) | Tree::Push(trees) | Tree::Set(trees) => {
                trees.iter().any(|it| holds(it, like))
            }
            Tree::Map(pairs) => pairs
                .iter()
                .any(|(key, value)| holds(key, like) || holds(value, like)),
            _ => false,
        }
}

/// Whether it is a map with equal keys, or a set with equal members.
fn repeats(tree: &Tree) -> bool {
    let mut seen: Vec<String> = match tree {
        Tree::Map(pairs) => pairs.iter().map(|(key, _)| format!("{key:?}")).collect(),
        Tree::Set(trees) => trees.iter().map(|it| format!("{it:?}")).collect(),
        _ => return false,
    };
    seen.sort_unstable();
    seen.windows(2).any(|pair| pair[0] == pair[1])
}
