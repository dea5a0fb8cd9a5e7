//! The keys of a lock, as the lines of the report name them.

use core::fmt;

use bytes::Bytes;
use serde::Serialize;

use crate::report::readable;

/// In a JSON object `key`, or `keys` where there are several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Locked {
    One { key: String },
    Several { keys: Vec<String> },
}

impl Locked {
    pub(crate) fn new<'a>(keys: impl IntoIterator<Item = &'a Bytes>) -> Self {
        let keys = keys.into_iter().map(|key| readable(key).into_owned());
        let keys: Vec<String> = keys.collect();
        match <[String; 1]>::try_from(keys) {
            Ok([key]) => Self::One { key },
            Err(keys) => Self::Several { keys },
        }
    }
}

impl fmt::Display for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One { key } => write!(f, "{key:?}"),
            Self::Several { keys } => {
                for (position, key) in keys.iter().enumerate() {
                    let separator = if position == 0 { "" } else { " + " };
                    write!(f, "{separator}{key:?}")?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says what it found by panicking")]

    use super::*;

    #[test]
    fn one_key_or_several() {
        let [one, other] = ["a\nb", "c"].map(Bytes::from);
        let table = [
            (Locked::new([&one]), r#""a\nb""#, r#"{"key":"a\nb"}"#),
            (
                Locked::new([&one, &other]),
                r#""a\nb" + "c""#,
                r#"{"keys":["a\nb","c"]}"#,
            ),
        ];
        for (locked, text, json) in table {
            assert_eq!(locked.to_string(), text);
            assert_eq!(serde_json::to_string(&locked).unwrap(), json);
        }
    }
}
