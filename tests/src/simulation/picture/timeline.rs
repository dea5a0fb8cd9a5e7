//! Time runs downwards. A short span is drawn in steps of its order of magnitude; a long one in which nothing happens is
//! folded, with the time that it leaves out written on the fold.

use core::time::Duration;
use std::collections::BTreeMap;

use super::super::trace::{Item, Trace};
use super::shown::LATER;

/// From here on a span is folded.
const FOLDED: Duration = Duration::from_millis(10);

/// Height of a fold.
const FOLD: i32 = 54;

/// How high a span that is not folded is drawn: up to so many microseconds, so many pixels.
const HEIGHTS: [(u64, i32); 6] = [
    (20, 5),
    (100, 20),
    (500, 27),
    (1_500, 36),
    (4_000, 46),
    (u64::MAX, 58),
];

/// Room that texts need below certain times, in pixels.
#[derive(Clone, Debug, Default)]
pub(super) struct Room(BTreeMap<u64, i32>);

impl Room {
    /// At least so much below this time.
    pub(super) fn at_least(&mut self, time: u64, pixels: i32) {
        let room = self.0.entry(time).or_default();
        *room = (*room).max(pixels);
    }

    /// So much more below this time.
    pub(super) fn more(&mut self, time: u64, pixels: i32) {
        *self.0.entry(time).or_default() += pixels;
    }
}

/// A span that is left out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fold {
    /// Its middle, in pixels.
    pub(super) middle: i32,
    pub(super) span: Duration,
}

/// Where each moment is drawn.
#[derive(Debug)]
pub(super) struct Timeline {
    /// Moments at which something happens, and where they are, in order.
    rows: Vec<(u64, i32)>,
    folds: Vec<Fold>,
    top: i32,
    bottom: i32,
}

impl Timeline {
    /// The first moment is `top` pixels below the upper edge.
    pub(super) fn new(trace: &Trace, room: &Room, top: i32) -> Self {
        let mut y = top;
        let mut rows = Vec::new();
        let mut folds = Vec::new();
        let mut before = None;
        for time in moments(trace) {
            if let Some(before) = before {
                let extra = room.0.get(&before).copied().unwrap_or(0);
                let span = Duration::from_nanos(time - before);
                y += extra;
                if span >= FOLDED {
                    folds.push(Fold {
                        middle: y + FOLD / 2,
                        span,
                    });
                    y += FOLD;
                } else {
                    y += (height(span) - extra).max(height(span) / 2);
                }
            }
            rows.push((time, y));
            before = Some(time);
        }
        let last = before.unwrap_or(0);
        Self {
            rows,
            folds,
            top,
            bottom: y + 30 + room.0.get(&last).copied().unwrap_or(0),
        }
    }

    /// Where a moment is. One between two at which something happens is between them.
    pub(super) fn y(&self, time: u64) -> i32 {
        let after = self.rows.partition_point(|(row, _)| *row < time);
        match (self.rows.get(after.wrapping_sub(1)), self.rows.get(after)) {
            (_, Some((row, y))) if *row == time => *y,
            (Some((_, above)), Some((_, below))) => i32::midpoint(*above, *below),
            (None, Some((_, y))) => *y,
            (_, None) => self.bottom,
        }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (u64, i32)> {
        self.rows.iter().copied()
    }

    pub(super) fn folds(&self) -> &[Fold] {
        &self.folds
    }

    /// Where the first moment is.
    pub(super) const fn top(&self) -> i32 {
        self.top
    }

    /// Where the columns end.
    pub(super) const fn bottom(&self) -> i32 {
        self.bottom
    }
}

fn height(span: Duration) -> i32 {
    let micros = span.as_micros();
    let step = HEIGHTS.iter().find(|(most, _)| micros <= u128::from(*most));
    step.map_or(FOLD, |(_, height)| *height)
}

/// All moments at which something happens, in order.
fn moments(trace: &Trace) -> Vec<u64> {
    let items = trace.items.iter();
    let mut moments: Vec<u64> = items
        .flat_map(|item| match *item {
            Item::Message { sent, arrived, .. } => [sent, arrived.unwrap_or(sent)],
            Item::Key { from, until, .. }
            | Item::Validity { from, until, .. }
            | Item::Fault { from, until, .. } => [from, until],
            Item::Note { at, .. } | Item::Violation { at, .. } => [at, at],
        })
        .filter(|moment| *moment < LATER)
        .collect();
    moments.sort_unstable();
    moments.dedup();
    moments
}

/// A time in milliseconds, to the hundredth, without zeros at its end.
pub(super) fn milliseconds(time: Duration) -> String {
    let hundredths = (time.as_micros() + 5) / 10;
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    format!("{} ms", text.trim_end_matches('0').trim_end_matches('.'))
}
