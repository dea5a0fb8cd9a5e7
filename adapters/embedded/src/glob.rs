//! The patterns of `KEYS`.

/// Whether the whole of `text` fits `pattern`.
///
/// `*`, `?`, `[abc]`, `[a-z]`, `[^a]` and `\` for a literal, with the oddities of
/// Redis: an empty text fits the empty pattern only, a class without its `]` ends
/// with the pattern, and the ends of a range may stand in either order. It runs in
/// `pattern × text` steps at most, where a recursive matcher needs exponentially
/// many (Redis, CVE-2022-36021).
pub(crate) fn fits(pattern: &[u8], text: &[u8]) -> bool {
    if text.is_empty() {
        return pattern.is_empty();
    }
    let mut pattern = pattern;
    let mut text = text;
    // Where to go on when the bytes after the last star do not fit: one byte further.
    let mut retry: Option<(&[u8], &[u8])> = None;
    while let Some((&byte, later)) = text.split_first() {
        if let [b'*', after @ ..] = pattern {
            pattern = after;
            retry = Some((after, text));
        } else if let Some(after) = fits_byte(pattern, byte) {
            pattern = after;
            text = later;
        } else if let Some((after, [_, rest @ ..])) = retry {
            pattern = after;
            text = rest;
            retry = Some((after, rest));
        } else {
            return false;
        }
    }
    pattern.iter().all(|&byte| byte == b'*')
}

/// The pattern behind its first element, if that element fits `byte`.
fn fits_byte(pattern: &[u8], byte: u8) -> Option<&[u8]> {
    match pattern {
        [] => None,
        [b'?', after @ ..] => Some(after),
        [b'[', b'^', class @ ..] => {
            let (found, after) = in_class(class, byte);
            (!found).then_some(after)
        }
        [b'[', class @ ..] => {
            let (found, after) = in_class(class, byte);
            found.then_some(after)
        }
        [b'\\', literal, after @ ..] | [literal, after @ ..] => (*literal == byte).then_some(after),
    }
}

/// Whether a class, given from behind its `[`, holds `byte`; and what follows it.
fn in_class(class: &[u8], byte: u8) -> (bool, &[u8]) {
    let mut class = class;
    let mut found = false;
    loop {
        class = match class {
            [] => return (found, class),
            [b'\\', literal, after @ ..] => {
                found |= *literal == byte;
                after
            }
            [b']', after @ ..] => return (found, after),
            [one, b'-', other, after @ ..] => {
                found |= (*one.min(other)..=*one.max(other)).contains(&byte);
                after
            }
            [literal, after @ ..] => {
                found |= *literal == byte;
                after
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_rules_of_redis() {
        for (pattern, text, expected) in [
            ("*", "any", true),
            ("", "", true),
            ("*", "", false),
            ("", "a", false),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "acd", false),
            ("a**", "a", true),
            ("*a*b", "xaxxb", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[a-c]x", "bx", true),
            ("[c-a]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("[^a]", "b", true),
            ("[abc", "b", true),
            ("[a\\]]", "]", true),
            ("[a-]", "b", false),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("\\", "\\", true),
        ] {
            assert_eq!(
                fits(pattern.as_bytes(), text.as_bytes()),
                expected,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn a_hostile_pattern_ends() {
        let pattern = b"*a".repeat(1_000);
        assert!(!fits(&pattern, &b"a".repeat(999)));
        assert!(fits(&pattern, &b"a".repeat(1_000)));
    }
}
