//! Texts as Lua 5.1 handles them.

/// What `%s` of `string.format` makes of a text: one of fewer than 100 bytes goes
/// through C's `sprintf` and ends at its first NUL, a longer one is taken as it is.
pub(super) fn formatted(text: &[u8]) -> &[u8] {
    const COPIED: usize = 100;
    if text.len() >= COPIED {
        return text;
    }
    text.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// The longest start of `text` whose bytes all belong to a class, and the rest.
pub(super) fn span(text: &[u8], belongs: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let end = text.iter().take_while(|byte| belongs(byte)).count();
    text.split_at_checked(end).unwrap_or((text, b""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatting_cuts_short_texts_at_a_nul() {
        let long = [b"x\0".as_slice(), &[b'y'; 98]].concat();
        assert_eq!(formatted(b"x\0y"), b"x");
        assert_eq!(formatted(b"xy"), b"xy");
        assert_eq!(formatted(&long), long);
        assert_eq!(
            formatted(long.split_last().map_or(b"", |(_, most)| most)),
            b"x"
        );
    }

    #[test]
    fn spans_end_where_the_class_does() {
        let digits = |text: &'static [u8]| span(text, u8::is_ascii_digit);
        assert_eq!(digits(b"12x3"), (b"12".as_slice(), b"x3".as_slice()));
        assert_eq!(digits(b"12"), (b"12".as_slice(), b"".as_slice()));
        assert_eq!(digits(b"x"), (b"".as_slice(), b"x".as_slice()));
    }
}
