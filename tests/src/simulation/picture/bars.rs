//! Bars on the columns: the key on a node, and what a client believes to hold.

use super::super::trace::{Item, Place, Trace};
use super::Canvas;
use super::palette;
use super::svg::{Area, Svg};

/// Half of the width of a bar of a key, and of a belief.
const KEY: i32 = 8;
const BELIEF: i32 = 11;

/// From the bar of one key to that of the next.
const BESIDE: i32 = 2 * BELIEF + 3;

/// Where the bar of a key is, from the middle of its column.
fn offset(key: usize, keys: usize) -> i32 {
    let pixels = |count: usize| i32::try_from(count).unwrap_or(i32::MAX / BESIDE) * BESIDE;
    pixels(key) - pixels(keys.saturating_sub(1)) / 2
}

/// How far the bar of the last key is from the middle of its column.
pub(super) fn outermost(keys: usize) -> i32 {
    offset(keys.saturating_sub(1), keys)
}

/// A bar and its colours.
pub(super) struct Bar {
    pub(super) area: Area,
    fill: &'static str,
    border: Option<&'static str>,
}

/// The bars of keys and beliefs.
pub(super) fn bars(trace: &Trace, canvas: &Canvas<'_>) -> Vec<Bar> {
    let area = |place, key, half, from, until| {
        let middle = canvas.columns.middle(place) + offset(key, trace.keys);
        let (top, bottom) = (canvas.timeline.y(from), canvas.timeline.y(until));
        Area {
            left: middle - half,
            top,
            right: middle + half,
            bottom: bottom.max(top + 4),
        }
    };
    let items = trace.items.iter().filter_map(|item| {
        let (area, colours) = match *item {
            Item::Key {
                node,
                key,
                owner,
                from,
                until,
            } => {
                let bar = palette::client(owner).bar;
                (area(Place::Node(node), key, KEY, from, until), (bar, None))
            }
            Item::Validity {
                client,
                key,
                from,
                until,
            } => {
                let colours = palette::client(client);
                let border = Some(colours.bar);
                let area = area(Place::Client(client), key, BELIEF, from, until);
                (area, (colours.pale, border))
            }
            Item::Fault { .. }
            | Item::Message { .. }
            | Item::Note { .. }
            | Item::Violation { .. } => return None,
        };
        Some(Bar {
            area,
            fill: colours.0,
            border: colours.1,
        })
    });
    items.collect()
}

/// Draws them.
pub(super) fn draw(svg: &mut Svg, trace: &Trace, canvas: &Canvas<'_>) {
    for bar in bars(trace, canvas) {
        svg.area(bar.area, bar.fill, bar.border);
    }
}
