//! Puts words where they neither cover each other nor leave the picture.

use super::font::{LINE, SIZE, width, wrap};
use super::palette;
use super::svg::{Anchor, Area, Point, Text};

/// Between a text and what is beside it.
const GAP: i32 = 3;

/// Words that want a place.
#[derive(Clone, Debug)]
pub(super) struct Label {
    /// One or more lines.
    pub(super) lines: Vec<String>,
    pub(super) bold: bool,
    pub(super) colour: &'static str,
    /// It stands on the grey of a fault.
    pub(super) on_fault: bool,
}

impl Label {
    /// Words in lines of at most so many pixels.
    pub(super) fn new(words: &str, most: i32, colour: &'static str) -> Self {
        Self {
            lines: wrap(words, most),
            bold: false,
            colour,
            on_fault: false,
        }
    }

    pub(super) fn on_fault(self) -> Self {
        let on_fault = true;
        Self { on_fault, ..self }
    }

    pub(super) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// Height of its lines, in pixels.
    pub(super) fn height(&self) -> i32 {
        self.lines.iter().fold(0, |height, _| height + LINE)
    }

    fn width(&self) -> i32 {
        let widths = self.lines.iter().map(|line| width(line, SIZE, self.bold));
        widths.max().unwrap_or(0)
    }

    /// What it covers with the middle of its first line at this height.
    fn area(&self, spot: Spot) -> Area {
        let (x, y) = spot.at;
        let width = self.width();
        let left = match spot.anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2,
            Anchor::End => x - width,
        };
        Area {
            left: left - GAP,
            top: y - LINE / 2,
            right: left + width + GAP,
            bottom: y - LINE / 2 + self.height(),
        }
    }
}

/// Where a label could stand: its first line is centred at the height of `at`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub(super) at: Point,
    pub(super) anchor: Anchor,
}

/// All that is written into a picture.
#[derive(Debug)]
pub(super) struct Labels {
    /// The part of the picture that may be written on.
    page: Area,
    texts: Vec<Text>,
    taken: Vec<Area>,
    /// What had better stay free of words: bars.
    bars: Vec<Area>,
    /// Bars are not drawn behind the words of faults, which stand in the middle of their columns.
    plates: Vec<Area>,
}

impl Labels {
    pub(super) const fn new(page: Area) -> Self {
        Self {
            page,
            texts: Vec::new(),
            taken: Vec::new(),
            bars: Vec::new(),
            plates: Vec::new(),
        }
    }

    /// Words had better not stand here.
    pub(super) fn avoid(&mut self, bar: Area) {
        self.bars.push(bar);
    }

    /// Writes a label at the first of the spots that is free, rather on the page than on a bar, if it has no plate. False
    /// when none is.
    pub(super) fn place(&mut self, label: &Label, spots: &[Spot]) -> bool {
        let free = |area: &Area| {
            let page = &self.page;
            area.left >= page.left
                && area.right <= page.right
                && area.top >= page.top
                && area.bottom <= page.bottom
                && !self.taken.iter().any(|taken| taken.meets(area))
        };
        let spots = spots.iter().map(|spot| (spot, label.area(*spot)));
        let free: Vec<(&Spot, Area)> = spots.filter(|(_, area)| free(area)).collect();
        let clear = free
            .iter()
            .find(|(_, area)| label.on_fault || !self.bars.iter().any(|bar| bar.meets(area)));
        let Some((spot, area)) = clear.or_else(|| free.first()) else {
            return false;
        };
        self.taken.push(*area);
        if label.on_fault {
            self.plates.push(*area);
        }
        let (spot, mut y) = (**spot, spot.at.1 + SIZE / 3);
        for words in &label.lines {
            self.texts.push(Text {
                at: (spot.at.0, y),
                anchor: spot.anchor,
                size: SIZE,
                bold: label.bold,
                colour: label.colour,
                rim: if label.on_fault {
                    palette::FAULT
                } else {
                    palette::WHITE
                },
                words: words.clone(),
            });
            y += LINE;
        }
        true
    }

    pub(super) fn plates(&self) -> &[Area] {
        &self.plates
    }

    pub(super) fn texts(&self) -> &[Text] {
        &self.texts
    }
}
