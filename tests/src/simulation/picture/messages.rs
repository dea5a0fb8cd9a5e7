//! Arrows: what was sent, when it arrived, and whether it did.

use std::collections::BTreeMap;

use super::super::trace::{Item, Place, Trace};
use super::Canvas;
use super::labels::{Label, Spot};
use super::palette;
use super::shown::LATER;
use super::svg::{Pen, Point, Svg};

/// How far below its start a message is lost, in pixels.
const LOST_BELOW: i32 = 16;

/// Height of a line of words.
const LINE: i32 = super::font::LINE;

/// A message: its items, without those that are none.
struct Message<'a> {
    from: Place,
    to: Place,
    sent: u64,
    arrived: Option<u64>,
    label: &'a str,
    late: bool,
}

fn messages(trace: &Trace) -> impl Iterator<Item = Message<'_>> {
    trace.items.iter().filter_map(|item| {
        let Item::Message {
            from,
            to,
            sent,
            arrived,
            label,
            late,
        } = item
        else {
            return None;
        };
        Some(Message {
            from: *from,
            to: *to,
            sent: *sent,
            arrived: *arrived,
            label,
            late: *late,
        })
    })
}

/// The colour of words and lines between these places: the client's.
fn ink(from: Place, to: Place) -> &'static str {
    match (from, to) {
        (Place::Client(client), _) | (_, Place::Client(client)) => palette::client(client).ink,
        _ => palette::BLACK,
    }
}

/// Draws the arrows.
pub(super) fn draw(svg: &mut Svg, trace: &Trace, canvas: &Canvas<'_>) {
    for message in messages(trace) {
        let (start, end) = (
            canvas.columns.middle(message.from),
            canvas.columns.middle(message.to),
        );
        let from = (start, canvas.timeline.y(message.sent));
        let pen = Pen {
            colour: ink(message.from, message.to),
            tenths: 14,
            dashed: message.late,
        };
        match message.arrived {
            // on its way when the run ended
            Some(LATER) => {
                let half = (i32::midpoint(start, end), canvas.timeline.bottom());
                svg.stroke(from, half, pen);
            }
            Some(arrived) => {
                let tip = (end, canvas.timeline.y(arrived));
                svg.stroke(from, tip, pen);
                svg.arrowhead(from, tip, pen.colour);
            }
            None => {
                let half = (i32::midpoint(start, end), from.1 + LOST_BELOW);
                svg.stroke(from, half, pen);
                cross(svg, half, pen.colour);
            }
        }
    }
}

/// The end of a message that was lost.
pub(super) fn cross(svg: &mut Svg, at: Point, colour: &'static str) {
    let pen = Pen {
        colour,
        tenths: 24,
        dashed: false,
    };
    let (x, y) = at;
    svg.stroke((x - 6, y - 6), (x + 6, y + 6), pen);
    svg.stroke((x - 6, y + 6), (x + 6, y - 6), pen);
}

/// Writes what was sent beside its start; once for all that leave one place at one time. Words that find no free place
/// are left out: the arrow is there all the same.
pub(super) fn label(trace: &Trace, canvas: &mut Canvas<'_>) {
    let mut groups: BTreeMap<(u64, String), Vec<Message<'_>>> = BTreeMap::new();
    for message in messages(trace) {
        let group = (
            message.sent,
            format!("{:?} {}", message.from, message.label),
        );
        groups.entry(group).or_default().push(message);
    }
    for group in groups.values() {
        let [first, ..] = &group[..] else { continue };
        let label = Label::new(first.label, 190, ink(first.from, first.to));
        let (x, y) = (
            canvas.columns.middle(first.from),
            canvas.timeline.y(first.sent),
        );
        let mut sides = canvas.columns.sides(first.from);
        let to_the_right = canvas.columns.middle(first.to) > x;
        if to_the_right == (sides[0].0 > 0) {
            sides.reverse();
        }
        let mut spots = Vec::new();
        for (aside, anchor) in sides {
            for below in [0, -LINE, LINE, LINE / 2, -LINE / 2] {
                spots.push(Spot {
                    at: (x + aside, y + below),
                    anchor,
                });
            }
        }
        canvas.labels.place(&label, &spots);
    }
}
