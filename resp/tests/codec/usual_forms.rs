//! What is usual is read by a way of its own, a word at a time. It must say what the general way says, which limits that
//! are narrower than the longest usual value make the only one.

use quorlock_resp::Limits;

use crate::harness::{Verdict, Way, read};

const NARROW: Limits = Limits {
    line: 1_000,
    ..Limits::DEFAULT
};

/// By itself, and between others in an array, where a loop takes one after the other.
fn both_ways_agree(value: &[u8]) {
    let between = [b"*3\r\n:1\r\n", value, b"+a longer end\r\n"].concat();
    for stream in [value, &between] {
        let verdict = |limits| -> Verdict { read(Way::Borrowed, limits, [stream]) };
        assert_eq!(
            verdict(Limits::DEFAULT),
            verdict(NARROW),
            "{}",
            stream.escape_ascii()
        );
    }
}

/// Every text of so many bytes out of an alphabet.
fn texts(alphabet: &[u8], len: usize) -> impl Iterator<Item = Vec<u8>> {
    let count = alphabet.len().pow(u32::try_from(len).unwrap());
    (0..count).map(move |mut number| {
        let letter = |_| {
            let place = number % alphabet.len();
            number /= alphabet.len();
            alphabet[place]
        };
        (0..len).map(letter).collect()
    })
}

/// Whatever may stand at the edges of what is allowed: around the digits, the signs, the ends of lines.
#[test]
fn short_values_of_any_bytes() {
    for kind in [b':', b',', b'$', b'#', b'_', b'+', b'-'] {
        for len in 0..=3 {
            for body in texts(b"/019:-.tf\r\n", len) {
                for end in [b"\r\n".as_slice(), b"\r", b"\n", b"\r\r\n", b""] {
                    both_ways_agree(&[&[kind], &body[..], end].concat());
                }
            }
        }
    }
}

#[test]
fn numbers_of_any_length() {
    for digits in 1..=22 {
        for first in ["1", "9", "0", "-1", "-9", "-0", "+1", "92233720368547758"] {
            for odd in ["", ":", "/", "x", ".", "e", ".5", "-", "\r"] {
                for kind in [":", ",", "("] {
                    let number =
                        &(first.to_owned() + "0785631942").repeat(3)[..digits.max(first.len())];
                    both_ways_agree(format!("{kind}{number}{odd}\r\n").as_bytes());
                }
            }
        }
    }
    for number in [i64::MAX, i64::MIN] {
        let number = i128::from(number);
        for step in -1..=1 {
            both_ways_agree(format!(":{}\r\n", number + step).as_bytes());
        }
    }
}

#[test]
fn texts_of_any_length() {
    for len in (0..70).chain([99, 100, 101, 255, 256, 257, 900]) {
        let text = "x".repeat(len);
        for (text, end) in [
            (&*text, "\r\n"),
            (&*text, "\rx"),
            (&*text, "\n\n"),
            (&*text, ""),
        ] {
            both_ways_agree(format!("${len}\r\n{text}{end}").as_bytes());
            both_ways_agree(format!("+{text}{end}").as_bytes());
            both_ways_agree(format!("-ERR {text}{end}").as_bytes());
        }
        for cut in [0, len / 2, len.saturating_sub(1)] {
            let mut text = text.clone().into_bytes();
            for end in [b'\r', b'\n'] {
                if let Some(byte) = text.get_mut(cut) {
                    *byte = end;
                }
                both_ways_agree(&[b"+", &text[..], b"\r\n"].concat());
            }
        }
    }
}

/// Counts, and what they count.
#[test]
fn headers_of_any_count() {
    for kind in ["*", "%", "~", ">", "$"] {
        for count in [
            "0", "1", "2", "9", "10", "00", "01", "-1", "-0", "1:", "1/", ":", "/", "100", "999",
            "1000", "",
        ] {
            for end in ["\r\n", "\n", "\r", "\rx"] {
                both_ways_agree(format!("{kind}{count}{end}").as_bytes());
                let filled = format!("{kind}{count}{end}{}", ":1\r\n".repeat(20));
                both_ways_agree(filled.as_bytes());
            }
        }
    }
}
