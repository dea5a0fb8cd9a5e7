//! The bytes that are read: the same on every run.

use core::fmt::Write as _;

use fastrand::Rng;

/// Replies in one stream. Enough that what a run costs besides them does not show.
pub(crate) const FRAMES: u32 = 2000;

/// A kind of conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// `+OK`, `$-1` and `:1` in random order: what a lock client reads.
    LockMix,
    /// `+OK` only: where this costs less than the mix, the reader leans on a branch predictor.
    OkOnly,
    /// Arrays of three integers of 1 to 5 digits.
    ThreeIntegers,
    /// Bulk strings of 64 bytes.
    Bulk64,
    /// A RESP3 push with a map, a set and a double in it: twelve values of which three are aggregates.
    Nested,
    /// A bit of everything that RESP2 has. Nothing may be tuned on it.
    HeldOut,
}

impl Stream {
    pub(crate) const ALL: [Self; 6] = [
        Self::LockMix,
        Self::OkOnly,
        Self::ThreeIntegers,
        Self::Bulk64,
        Self::Nested,
        Self::HeldOut,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::LockMix => "lockmix",
            Self::OkOnly => "okonly",
            Self::ThreeIntegers => "arr3int",
            Self::Bulk64 => "bulk64",
            Self::Nested => "nested3",
            Self::HeldOut => "heldout",
        }
    }

    /// [`FRAMES`] replies.
    pub(crate) fn bytes(self) -> Vec<u8> {
        let mut random = Rng::with_seed(9);
        let mut out = String::new();
        for _ in 0..FRAMES {
            self.reply(&mut random, &mut out);
        }
        out.into_bytes()
    }

    fn reply(self, random: &mut Rng, out: &mut String) {
        match self {
            Self::LockMix => out.push_str(pick(random, &["+OK\r\n", "$-1\r\n", ":1\r\n"])),
            Self::OkOnly => out.push_str("+OK\r\n"),
            Self::ThreeIntegers => {
                out.push_str("*3\r\n");
                (0..3).for_each(|_| integer(random, 5, out));
            }
            Self::Bulk64 => bulk(64, out),
            Self::Nested => out.push_str(
                ">3\r\n$7\r\nmessage\r\n+lock\r\n%3\r\n+id\r\n:12345\r\n$4\r\nkeys\r\n~2\r\n+a\r\n+bc\r\n\
                 +lag\r\n,3.25\r\n",
            ),
            Self::HeldOut => held_out(random, out),
        }
    }
}

fn held_out(random: &mut Rng, out: &mut String) {
    match random.u8(0..8) {
        0 => out.push_str("+OK\r\n"),
        1 => out.push_str("+QUEUED\r\n"),
        2 => integer(random, 12, out),
        3 => bulk(random.usize(0..300), out),
        4 => out.push_str("-ERR value is not an integer or out of range\r\n"),
        5 => out.push_str(pick(random, &[":-1\r\n", ":-2\r\n", ":-3\r\n"])),
        6 => bulks(random, out),
        _ => {
            out.push_str("*2\r\n");
            bulks(random, out);
            bulks(random, out);
        }
    }
}

/// An array of one to five bulk strings.
fn bulks(random: &mut Rng, out: &mut String) {
    let count = random.usize(1..6);
    line(out, '*', count as u64);
    (0..count).for_each(|_| bulk(random.usize(0..40), out));
}

fn bulk(len: usize, out: &mut String) {
    line(out, '$', len as u64);
    out.extend(core::iter::repeat_n('x', len));
    out.push_str("\r\n");
}

/// An integer of up to `widest` digits, every width equally likely.
fn integer(random: &mut Rng, widest: u32, out: &mut String) {
    let width = random.u32(1..=widest);
    let least = if width == 1 { 0 } else { 10_u64.pow(width - 1) };
    line(out, ':', random.u64(least..10_u64.pow(width)));
}

fn line(out: &mut String, kind: char, number: u64) {
    write!(out, "{kind}{number}\r\n").expect("a string takes everything");
}

fn pick(random: &mut Rng, texts: &[&'static str]) -> &'static str {
    random.choice(texts).expect("not empty")
}
