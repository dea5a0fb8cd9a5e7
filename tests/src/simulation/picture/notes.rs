//! Words that stand at a place and a time, and the violation that ends a run.

use super::super::trace::{Item, Place, Trace};
use super::Canvas;
use super::columns::{AXIS, BESIDE_CLIENT};
use super::font::LINE;
use super::labels::{Label, Spot};
use super::palette;
use super::svg::{Anchor, Pen, Svg};
use super::timeline::Room;

/// Widest line of a note, in pixels.
const WIDEST: i32 = BESIDE_CLIENT - 22;

/// How far below its time a note may stand, in lines.
const LOWEST: i32 = 10;

/// Writes the notes.
pub(super) fn label(trace: &Trace, canvas: &mut Canvas<'_>) {
    for item in &trace.items {
        let Item::Note { place, at, label } = item else {
            continue;
        };
        let colour = match place {
            Place::Client(client) => palette::client(*client).ink,
            Place::Node(_) | Place::Resource => palette::BLACK,
        };
        let label = Label::new(label, WIDEST, colour).bold();
        let (x, y) = (canvas.columns.middle(*place), canvas.timeline.y(*at));
        let sides = canvas.columns.sides(*place);
        let spots = |line| {
            sides.map(|(aside, anchor)| Spot {
                at: (x + aside, y + line * LINE),
                anchor,
            })
        };
        let spots: Vec<Spot> = (0..LOWEST).flat_map(spots).collect();
        canvas.must_place(*at, &label, &spots);
    }
}

/// When the run ended with a violation, and its words.
fn violation(trace: &Trace, width: i32) -> Option<(u64, Label)> {
    trace.items.iter().find_map(|item| {
        let Item::Violation { at, text } = item else {
            return None;
        };
        let label = Label::new(
            &format!("VIOLATED: {}", counted_from_one(text)),
            width - AXIS - 40,
            palette::RED,
        );
        Some((*at, label.bold()))
    })
}

/// The code counts clients, nodes and keys from zero, the columns from one.
fn counted_from_one(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let digits = word.trim_end_matches([',', ':', '.']);
        let named = words
            .last()
            .is_some_and(|it| ["client", "node", "key"].contains(&it.as_str()));
        words.push(match digits.parse::<usize>() {
            Ok(number) if named => word.replacen(digits, &(number + 1).to_string(), 1),
            _ => word.to_owned(),
        });
    }
    words.join(" ")
}

/// Keeps room for the words of a violation below its line.
pub(super) fn keep_room(trace: &Trace, width: i32, room: &mut Room) {
    if let Some((at, label)) = violation(trace, width) {
        room.at_least(at, label.height() + 16);
    }
}

/// The line of a violation, across the picture, and its words below.
pub(super) fn label_violation(trace: &Trace, canvas: &mut Canvas<'_>) {
    let Some((at, label)) = violation(trace, canvas.columns.width()) else {
        return;
    };
    let first = canvas.timeline.y(at) + 6 + LINE / 2;
    let spots: Vec<Spot> = (0..4)
        .map(|line| Spot {
            at: (AXIS + 10, first + line * LINE),
            anchor: Anchor::Start,
        })
        .collect();
    canvas.must_place(at, &label, &spots);
}

/// Draws the line.
pub(super) fn draw_violation(svg: &mut Svg, trace: &Trace, canvas: &Canvas<'_>) {
    let width = canvas.columns.width();
    if let Some((at, _)) = violation(trace, width) {
        let y = canvas.timeline.y(at);
        let pen = Pen {
            colour: palette::RED,
            tenths: 30,
            dashed: false,
        };
        svg.stroke((AXIS - 4, y), (width - 8, y), pen);
    }
}
