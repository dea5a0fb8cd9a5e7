//! What the signs mean, below the picture: only those that are in it.

use super::super::trace::{Item, Trace};
use super::font::{SIZE, width};
use super::messages::cross;
use super::palette;
use super::svg::{Anchor, Area, Pen, Point, Svg, Text};

/// Width of a sign, and from the end of one entry to the next, in pixels.
const SIGN: i32 = 36;
const APART: i32 = 26;

/// From one line of entries to the next.
const LINE: i32 = 28;

/// Left edge.
const LEFT: i32 = 24;

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Belief,
    Fault,
    Fold,
    Key,
    Late,
    Lost,
    Message,
    Violation,
}

impl Sign {
    const ALL: [Self; 8] = [
        Self::Key,
        Self::Belief,
        Self::Message,
        Self::Late,
        Self::Lost,
        Self::Fault,
        Self::Fold,
        Self::Violation,
    ];

    const fn words(self) -> &'static str {
        match self {
            Self::Belief => "the client may believe that it holds the lock",
            Self::Fault => "broken on purpose",
            Self::Fold => "time left out",
            Self::Key => "the key is on the node, in its owner's colour",
            Self::Late => "executed after its connection had ended",
            Self::Lost => "lost",
            Self::Message => "message",
            Self::Violation => "an invariant is violated",
        }
    }

    fn is_of(self, item: &Item) -> bool {
        match item {
            Item::Fault { .. } => self == Self::Fault,
            Item::Key { .. } => self == Self::Key,
            Item::Message { late, arrived, .. } => match self {
                Self::Late => *late,
                Self::Lost => arrived.is_none(),
                Self::Message => true,
                Self::Belief | Self::Fault | Self::Fold | Self::Key | Self::Violation => false,
            },
            Item::Note { .. } => false,
            Item::Validity { .. } => self == Self::Belief,
            Item::Violation { .. } => self == Self::Violation,
        }
    }

    fn draw(self, svg: &mut Svg, at: Point) {
        let (left, y) = at;
        let right = left + SIGN;
        let bar = |half| Area {
            left: left + 8,
            top: y - half,
            right: right - 8,
            bottom: y + half,
        };
        let pen = |colour, tenths, dashed| Pen {
            colour,
            tenths,
            dashed,
        };
        let first = palette::client(0);
        match self {
            Self::Belief => svg.area(bar(8), first.pale, Some(first.bar)),
            Self::Fault => svg.area(bar(10), palette::FAULT, None),
            Self::Fold => {
                svg.stroke((left, y), (right, y), pen(palette::FAINT, 15, true));
            }
            Self::Key => svg.area(bar(8), first.bar, None),
            Self::Late | Self::Message => {
                svg.stroke(
                    (left, y),
                    (right, y),
                    pen(first.ink, 14, self == Self::Late),
                );
                svg.arrowhead((left, y), (right, y), first.ink);
            }
            Self::Lost => {
                svg.stroke((left, y), (right - 6, y), pen(first.ink, 14, false));
                cross(svg, (right - 6, y), first.ink);
            }
            Self::Violation => svg.stroke((left, y), (right, y), pen(palette::RED, 30, false)),
        }
    }
}

/// Where each sign of this picture stands, from the legend's first line, and the height of them all.
fn layout(trace: &Trace, folded: bool, wide: i32) -> (Vec<(Sign, Point)>, i32) {
    let there = |sign: Sign| {
        (sign == Sign::Fold && folded) || trace.items.iter().any(|item| sign.is_of(item))
    };
    let (mut x, mut y) = (LEFT, 0);
    let mut places = Vec::new();
    for sign in Sign::ALL.into_iter().filter(|sign| there(*sign)) {
        let needs = SIGN + 8 + width(sign.words(), SIZE, false);
        if x > LEFT && x + needs > wide - LEFT {
            (x, y) = (LEFT, y + LINE);
        }
        places.push((sign, (x, y)));
        x += needs + APART;
    }
    (places, y + LINE)
}

/// How high the legend will be, in pixels.
pub(super) fn height(trace: &Trace, folded: bool, wide: i32) -> i32 {
    layout(trace, folded, wide).1
}

/// Draws it, its first line at this height.
pub(super) fn draw(svg: &mut Svg, trace: &Trace, folded: bool, wide: i32, top: i32) {
    for (sign, (x, y)) in layout(trace, folded, wide).0 {
        sign.draw(svg, (x, top + y));
        svg.text(&Text {
            at: (x + SIGN + 8, top + y + SIZE / 3),
            anchor: Anchor::Start,
            size: SIZE,
            bold: false,
            colour: palette::BLACK,
            rim: palette::WHITE,
            words: sign.words().to_owned(),
        });
    }
}
