//! Grey areas: what was broken on purpose, where and for how long.

use super::super::trace::{Item, Place, Trace};
use super::Canvas;
use super::columns::{AXIS, Columns};
use super::font::LINE;
use super::labels::{Label, Spot};
use super::palette;
use super::svg::{Anchor, Area, Svg};
use super::timeline::Room;

/// How far down its words may stand, in lines.
const LOWEST: i32 = 12;

/// A fault: where it is drawn, and its words.
struct Fault {
    area: Area,
    from: u64,
    label: Label,
}

fn faults(trace: &Trace, canvas: &Canvas<'_>) -> Vec<Fault> {
    let items = trace.items.iter().filter_map(|item| {
        let Item::Fault {
            place,
            from,
            until,
            label,
        } = item
        else {
            return None;
        };
        let (left, right) = sides(*place, canvas.columns);
        let label = Label::new(label, right - left - 8, palette::FAULT_INK);
        let top = canvas.timeline.y(*from) - 2;
        let bottom = canvas.timeline.y(*until).max(top + label.height() + 6);
        Some(Fault {
            area: Area {
                left,
                top,
                right,
                bottom,
            },
            from: *from,
            label: label.on_fault(),
        })
    });
    items.collect()
}

/// The left and right edge of a fault.
fn sides(place: Option<Place>, columns: &Columns) -> (i32, i32) {
    match place {
        None => (AXIS - 4, columns.width() - 8),
        Some(place) => {
            let middle = columns.middle(place);
            (middle - Columns::HALF, middle + Columns::HALF)
        }
    }
}

/// Keeps room for the words of faults before anything is placed.
pub(super) fn keep_room(trace: &Trace, canvas: &Canvas<'_>, room: &mut Room) {
    for fault in faults(trace, canvas) {
        room.at_least(fault.from, fault.label.height() + 10);
    }
}

/// Draws the areas.
pub(super) fn draw(svg: &mut Svg, trace: &Trace, canvas: &Canvas<'_>) {
    for fault in faults(trace, canvas) {
        svg.area(fault.area, palette::FAULT, None);
    }
}

/// Writes their words.
pub(super) fn label(trace: &Trace, canvas: &mut Canvas<'_>) {
    for Fault { area, from, label } in faults(trace, canvas) {
        let first = area.top + 2 + LINE / 2;
        let spots: Vec<Spot> = (0..LOWEST)
            .map(|line| Spot {
                at: (i32::midpoint(area.left, area.right), first + LINE * line),
                anchor: Anchor::Middle,
            })
            .collect();
        canvas.must_place(from, &label, &spots);
    }
}
