//! What a picture is of, above it: a title, and what happens, in as many lines as it takes.

use super::font::{LINE, SIZE, width, wrap};
use super::palette;
use super::svg::{Anchor, Svg, Text};

/// Size of the title, in pixels.
const TITLE: i32 = 21;

/// Where the title stands, in pixels.
const TOP: i32 = 36;

/// From the left edge.
pub(super) const LEFT: i32 = 24;

/// A title and the lines below it.
#[derive(Debug)]
pub(super) struct Heading<'a> {
    title: &'a str,
    story: &'a str,
}

impl<'a> Heading<'a> {
    /// The first line of the words is the title, the rest is the story.
    pub(super) fn new(words: &'a str) -> Self {
        let (title, story) = words.split_once('\n').unwrap_or((words, ""));
        Self { title, story }
    }

    /// How wide the picture must be for the title.
    pub(super) fn least_width(&self) -> i32 {
        width(self.title, TITLE, true) + 2 * LEFT
    }

    /// The story in the lines of a picture of this width.
    fn story(&self, page: i32) -> Vec<String> {
        wrap(self.story, page - 2 * LEFT)
    }

    /// Where it ends, in pixels.
    pub(super) fn bottom(&self, page: i32) -> i32 {
        self.story(page).iter().fold(TOP + 12, |y, _| y + LINE)
    }

    /// Writes it.
    pub(super) fn draw(&self, svg: &mut Svg, page: i32) {
        let mut text = Text {
            at: (LEFT, TOP),
            anchor: Anchor::Start,
            size: TITLE,
            bold: true,
            colour: palette::BLACK,
            rim: palette::WHITE,
            words: self.title.to_owned(),
        };
        svg.text(&text);
        (text.size, text.bold) = (SIZE, false);
        text.at.1 += 7;
        for line in self.story(page) {
            text.at.1 += LINE;
            text.words = line;
            svg.text(&text);
        }
    }
}
