//! Draws a run as a space-time diagram: a column for each client and node, time downwards, messages as arrows.
//!
//! The text is SVG that any browser shows. It is made of whole pixels and depends on nothing but the trace, so that a
//! test can compare it with a file.

mod bars;
mod columns;
mod faults;
mod font;
mod heading;
mod labels;
mod legend;
mod messages;
mod notes;
mod palette;
mod shown;
mod svg;
mod timeline;

use core::time::Duration;

use super::trace::{Place, Trace};
use columns::{AXIS, Columns};
use heading::{Heading, LEFT};
use labels::{Label, Labels, Spot};
use svg::{Anchor, Area, Pen, Svg, Text};
use timeline::{Room, Timeline};

/// Size of the names of columns, in pixels.
const NAME: i32 = 17;

/// From the heading to the names, and from there to the first row.
const NAMES: i32 = 32;
const ROWS: i32 = 28;

/// How often the picture is laid out anew with more room for words. Each time all words that found no place get a line.
const LAYOUTS: u32 = 40;

/// Where things are, and what is written.
struct Canvas<'a> {
    columns: &'a Columns,
    timeline: &'a Timeline,
    labels: Labels,
    /// Times below which words found no place.
    lacking: Vec<u64>,
}

impl Canvas<'_> {
    /// Writes words that belong to a time; where they find no place, the picture is laid out anew.
    fn must_place(&mut self, time: u64, label: &Label, spots: &[Spot]) {
        if !self.labels.place(label, spots) {
            self.lacking.push(time);
        }
    }
}

/// The picture of a run, as the text of an SVG file. The first line of the heading is its title, the rest says what
/// happens.
#[must_use]
pub fn render(trace: &Trace, heading: &str) -> String {
    let trace = &shown::shown(trace);
    let heading = Heading::new(heading);
    let columns = Columns::new(trace, heading.least_width());
    let top = heading.bottom(columns.width()) + NAMES + ROWS;
    let mut room = Room::default();
    notes::keep_room(trace, columns.width(), &mut room);
    let timeline = Timeline::new(trace, &room, top);
    faults::keep_room(trace, &blank(&columns, &timeline), &mut room);
    for _ in 1..LAYOUTS {
        let timeline = Timeline::new(trace, &room, top);
        let canvas = written(trace, &columns, &timeline);
        if canvas.lacking.is_empty() {
            break;
        }
        for time in canvas.lacking {
            room.more(time, font::LINE);
        }
    }
    let timeline = Timeline::new(trace, &room, top);
    draw(trace, &heading, &written(trace, &columns, &timeline))
}

/// A canvas with nothing written on it.
fn blank<'a>(columns: &'a Columns, timeline: &'a Timeline) -> Canvas<'a> {
    let page = Area {
        left: AXIS,
        top: timeline.top() - 12,
        right: columns.width() - 2,
        bottom: timeline.bottom(),
    };
    Canvas {
        columns,
        timeline,
        labels: Labels::new(page),
        lacking: Vec::new(),
    }
}

/// Writes all words, those that matter most first.
fn written<'a>(trace: &Trace, columns: &'a Columns, timeline: &'a Timeline) -> Canvas<'a> {
    let mut canvas = blank(columns, timeline);
    for bar in bars::bars(trace, &canvas) {
        canvas.labels.avoid(bar.area);
    }
    notes::label_violation(trace, &mut canvas);
    faults::label(trace, &mut canvas);
    notes::label(trace, &mut canvas);
    messages::label(trace, &mut canvas);
    canvas
}

fn draw(trace: &Trace, heading: &Heading<'_>, canvas: &Canvas<'_>) -> String {
    let folded = !canvas.timeline.folds().is_empty();
    let (width, bottom) = (canvas.columns.width(), canvas.timeline.bottom());
    let height = bottom + 34 + legend::height(trace, folded, width);
    let mut svg = Svg::new(width, height);
    faults::draw(&mut svg, trace, canvas);
    draw_axis(&mut svg, canvas);
    draw_columns(&mut svg, canvas);
    bars::draw(&mut svg, trace, canvas);
    messages::draw(&mut svg, trace, canvas);
    notes::draw_violation(&mut svg, trace, canvas);
    for plate in canvas.labels.plates() {
        svg.area(*plate, palette::FAULT, None);
    }
    for text in canvas.labels.texts() {
        svg.text(text);
    }
    heading.draw(&mut svg, width);
    legend::draw(&mut svg, trace, folded, width, bottom + 34);
    svg.finish()
}

/// The names at the top, and a line for each column.
fn draw_columns(svg: &mut Svg, canvas: &Canvas<'_>) {
    for (place, x) in canvas.columns.all() {
        let colour = match place {
            Place::Client(client) => palette::client(client).ink,
            Place::Node(_) | Place::Resource => palette::BLACK,
        };
        let pen = Pen {
            colour: palette::FAINT,
            tenths: 20,
            dashed: false,
        };
        let top = canvas.timeline.top();
        svg.stroke((x, top - ROWS + 8), (x, canvas.timeline.bottom()), pen);
        svg.text(&Text {
            at: (x, top - ROWS),
            anchor: Anchor::Middle,
            size: NAME,
            bold: true,
            colour,
            rim: palette::WHITE,
            words: place.to_string(),
        });
    }
}

/// The times on the left, since the first of them, and the folds across.
fn draw_axis(svg: &mut Svg, canvas: &Canvas<'_>) {
    let timeline = canvas.timeline;
    let text = |y: i32, colour, words| Text {
        at: (AXIS - 14, y + font::SIZE / 3),
        anchor: Anchor::End,
        size: font::SIZE,
        bold: false,
        colour,
        rim: palette::WHITE,
        words,
    };
    for fold in timeline.folds() {
        for y in [fold.middle - 12, fold.middle + 12] {
            let pen = Pen {
                colour: palette::FAINT,
                tenths: 15,
                dashed: true,
            };
            svg.stroke((LEFT, y), (canvas.columns.width() - 8, y), pen);
        }
        let words = format!("≈ {}", timeline::milliseconds(fold.span));
        svg.text(&text(fold.middle, palette::FAULT_INK, words));
    }
    let mut rows = timeline.rows().peekable();
    let start = rows.peek().map_or(0, |(time, _)| *time);
    // a time that would cover the one before it is left out
    let mut free = i32::MIN;
    for (time, y) in rows {
        let on_a_fold = |fold: &timeline::Fold| (fold.middle - y).abs() < font::LINE;
        if y < free || timeline.folds().iter().any(on_a_fold) {
            continue;
        }
        let words = timeline::milliseconds(Duration::from_nanos(time - start));
        svg.text(&text(y, palette::BLACK, words));
        free = y + font::LINE;
    }
}
