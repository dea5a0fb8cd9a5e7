//! How much room a text takes, without a font at hand.
//!
//! The widths are those of `DejaVu` Sans, rounded up. It is the widest of the fonts that a viewer may choose (Helvetica,
//! Arial and Liberation Sans are narrower), so that what fits here fits everywhere.

/// Size of most texts, in pixels.
pub(super) const SIZE: i32 = 15;

/// From one line of text to the next, in pixels.
pub(super) const LINE: i32 = 18;

/// Width of a text in pixels, rounded up.
pub(super) fn width(text: &str, size: i32, bold: bool) -> i32 {
    let thousandths: i32 = text.chars().map(advance).sum();
    let scale = if bold { 1_130 } else { 1_000 };
    (thousandths * size * scale + 999_999) / 1_000_000
}

/// How far a character moves the pen, in thousandths of the font's size.
const fn advance(character: char) -> i32 {
    match character {
        'i' | 'j' | 'l' => 280,
        ' ' | ',' | '.' | ':' | ';' | '|' | '\'' | '!' => 340,
        'f' | 't' | 'r' | '(' | ')' | '-' | '/' | '"' => 420,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | 'J' => 600,
        'w' | '+' | '=' | '<' | '>' | '≈' => 840,
        'm' | 'M' | 'W' | '%' | '→' | '…' => 1_000,
        'A'..='Z' => 790,
        _ => 640,
    }
}

/// The text in lines that are no wider than `most` pixels, broken at spaces. A single word that is wider stays whole.
pub(super) fn wrap(text: &str, most: i32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), SIZE, true) <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
