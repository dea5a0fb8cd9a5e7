//! The texts of an SVG file, and the room that they take.

/// A text as it stands in the file.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) words: String,
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

/// The attribute of an element; empty where it has none of this name.
pub(crate) fn attribute<'a>(element: &'a str, name: &str) -> &'a str {
    let start = format!(" {name}=\"");
    let value = element.split_once(&start).map_or("", |(_, value)| value);
    value.split('"').next().unwrap_or_default()
}

fn number(element: &str, name: &str) -> f64 {
    attribute(element, name)
        .parse()
        .unwrap_or_else(|_| panic!("{name} of {element}"))
}

/// Width and height of the picture.
pub(crate) fn size(svg: &str) -> (f64, f64) {
    let parts: Vec<f64> = attribute(svg, "viewBox")
        .split(' ')
        .map(|part| part.parse().expect("a number"))
        .collect();
    let [0.0, 0.0, width, height] = parts[..] else {
        panic!("{parts:?}")
    };
    (width, height)
}

/// All texts, with the room that they take in a wide font: 0.6 of its size for an average letter, more for a bold one.
pub(crate) fn texts(svg: &str) -> Vec<Text> {
    let elements = svg.split("<text").skip(1);
    elements
        .map(|element| {
            let (_, words) = element.split_once('>').expect("an end of the attributes");
            let (words, _) = words.split_once("</text>").expect("an end of the text");
            let size = number(element, "font-size");
            let words = words.replace("&lt;", "<").replace("&gt;", ">");
            let words = words.replace("&amp;", "&");
            let letters: f64 = words.chars().map(letter).sum();
            let bold = attribute(element, "font-weight") == "bold";
            let width = letters * size * if bold { 1.1 } else { 1.0 };
            let x = number(element, "x");
            let left = match attribute(element, "text-anchor") {
                "start" => x,
                "middle" => x - width / 2.0,
                "end" => x - width,
                other => panic!("anchor {other}"),
            };
            let base = number(element, "y");
            Text {
                words,
                left,
                top: base - 0.76 * size,
                right: left + width,
                bottom: base + 0.24 * size,
            }
        })
        .collect()
}

/// Width of a letter as a part of the font's size, as in `DejaVu` Sans.
fn letter(letter: char) -> f64 {
    match letter {
        'i' | 'l' | 'j' => 0.278,
        ' ' | '.' | ',' | ':' => 0.337,
        'f' | 't' | 'r' | '-' => 0.411,
        'm' => 0.974,
        'w' => 0.818,
        'A'..='Z' => 0.75,
        _ => 0.63,
    }
}

/// Fails where a text covers another one, or leaves the picture.
pub(crate) fn check(svg: &str) {
    let (width, height) = size(svg);
    let texts = texts(svg);
    assert!(texts.len() > 5, "only {} texts", texts.len());
    for (place, text) in texts.iter().enumerate() {
        let inside =
            text.left >= 0.0 && text.right <= width && text.top >= 0.0 && text.bottom <= height;
        let words = &text.words;
        assert!(inside, "{words} leaves {width} x {height}: {text:?}");
        for other in texts.iter().take(place) {
            let apart = text.left >= other.right
                || other.left >= text.right
                || text.top >= other.bottom
                || other.top >= text.bottom;
            assert!(apart, "{words} covers {}: {text:?}, {other:?}", other.words);
        }
    }
}

#[test]
#[should_panic(expected = "covers")]
fn a_text_on_another_one_is_noticed() {
    check(&svg_of(&[20, 40, 60, 80, 100, 105]));
}

#[test]
#[should_panic(expected = "leaves")]
fn a_text_that_is_cut_off_is_noticed() {
    check(&svg_of(&[30, 50, 70, 90, 110, 199]));
}

#[test]
fn texts_below_each_other_are_fine() {
    check(&svg_of(&[30, 50, 70, 90, 110, 130]));
}

/// A picture of 200 x 200 with a text at each of these heights.
fn svg_of(heights: &[u32]) -> String {
    let lines = heights.iter().map(|y| {
        format!("<text x=\"20\" y=\"{y}\" font-size=\"15\" text-anchor=\"start\">words</text>\n")
    });
    format!(
        "<svg viewBox=\"0 0 200 200\">\n{}</svg>\n",
        lines.collect::<String>()
    )
}
