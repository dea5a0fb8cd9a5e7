//! Writes the few elements of SVG that a picture needs.

use core::fmt::Write as _;

use super::palette;

/// A point, in pixels from the upper left corner.
pub(super) type Point = (i32, i32);

/// A rectangle that stands upright, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) right: i32,
    pub(super) bottom: i32,
}

impl Area {
    pub(super) const fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

/// Which end of a text its position is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// One line of text.
#[derive(Clone, Debug)]
pub(super) struct Text {
    /// On the line that the letters stand on.
    pub(super) at: Point,
    pub(super) anchor: Anchor,
    pub(super) size: i32,
    pub(super) bold: bool,
    pub(super) colour: &'static str,
    /// The colour of a rim that keeps it legible on lines.
    pub(super) rim: &'static str,
    pub(super) words: String,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    pub(super) colour: &'static str,
    /// In tenths of a pixel.
    pub(super) tenths: i32,
    pub(super) dashed: bool,
}

/// A picture that is being written.
#[derive(Debug)]
pub(super) struct Svg(String);

impl Svg {
    pub(super) fn new(width: i32, height: i32) -> Self {
        let mut svg = Self(String::new());
        svg.line_of(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\">"
        ));
        let page = Area {
            left: 0,
            top: 0,
            right: width,
            bottom: height,
        };
        svg.area(page, palette::WHITE, None);
        svg
    }

    pub(super) fn finish(mut self) -> String {
        self.line_of("</svg>");
        self.0
    }

    pub(super) fn area(&mut self, area: Area, fill: &str, border: Option<&str>) {
        let (width, height) = (area.right - area.left, area.bottom - area.top);
        let border = border.map_or(String::new(), |colour| {
            format!(" stroke=\"{colour}\" stroke-width=\"2\"")
        });
        self.line_of(&format!(
            "<rect x=\"{}\" y=\"{}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"{border}/>",
            area.left, area.top
        ));
    }

    pub(super) fn stroke(&mut self, from: Point, to: Point, pen: Pen) {
        let dashes = if pen.dashed {
            " stroke-dasharray=\"6 5\""
        } else {
            ""
        };
        self.line_of(&format!(
            "<path d=\"M{} {}L{} {}\" stroke=\"{}\" stroke-width=\"{}.{}\"{dashes}/>",
            from.0,
            from.1,
            to.0,
            to.1,
            pen.colour,
            pen.tenths / 10,
            pen.tenths % 10,
        ));
    }

    /// A filled triangle at the end of a line that comes from `from`.
    pub(super) fn arrowhead(&mut self, from: Point, tip: Point, colour: &str) {
        let (across, down) = (f64::from(tip.0 - from.0), f64::from(tip.1 - from.1));
        let length = (across * across + down * down).sqrt().max(1.0);
        let (across, down) = (across / length, down / length);
        let corner = |side: f64| {
            format!(
                "{:.1} {:.1}",
                f64::from(tip.0) - 10.0 * across + side * 4.0 * down,
                f64::from(tip.1) - 10.0 * down - side * 4.0 * across
            )
        };
        self.line_of(&format!(
            "<path d=\"M{} {}L{}L{}Z\" fill=\"{colour}\"/>",
            tip.0,
            tip.1,
            corner(1.0),
            corner(-1.0)
        ));
    }

    pub(super) fn text(&mut self, text: &Text) {
        let anchor = match text.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = if text.bold {
            " font-weight=\"bold\""
        } else {
            ""
        };
        self.line_of(&format!(
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\" text-anchor=\"{anchor}\"{weight} fill=\"{}\" \
             stroke=\"{}\" stroke-width=\"4\" paint-order=\"stroke\">{}</text>",
            text.at.0,
            text.at.1,
            text.size,
            text.colour,
            text.rim,
            escaped(&text.words),
        ));
    }

    fn line_of(&mut self, element: &str) {
        writeln!(self.0, "{element}").expect("a String takes what it is given");
    }
}

/// A text as XML holds it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
