//! What the locks protect: a storage that applications write to, with the token of their lock.

use quorlock_core::FencingToken;

use super::invariant::{Checked, Invariant};

/// A write on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Write {
    pub(super) client: usize,
    pub(super) key: usize,
    pub(super) token: Option<FencingToken>,
    /// The tenure under which it was decided on.
    pub(super) tenure: u64,
    pub(super) sent: u64,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Accepted,
    /// A newer token has been seen.
    Refused,
}

/// The storage. It lives in no clock and never fails.
#[derive(Debug)]
pub(super) struct Storage {
    /// Whether it looks at tokens.
    fenced: bool,
    /// By key: the highest token seen, and the latest tenure that wrote.
    keys: Vec<(Option<FencingToken>, u64)>,
}

impl Storage {
    pub(super) fn new(keys: usize, fenced: bool) -> Self {
        Self {
            fenced,
            keys: vec![(None, 0); keys],
        }
    }

    /// A write arrives.
    pub(super) fn write(&mut self, write: &Write) -> (Written, Checked) {
        let (token, tenure) = &mut self.keys[write.key];
        if self.fenced && write.token < *token {
            return (Written::Refused, Ok(()));
        }
        let latest = *tenure;
        *token = write.token.max(*token);
        *tenure = latest.max(write.tenure);
        let checked = if write.tenure < latest {
            Err(Invariant::NoStaleWrite.broken(format!(
                "client {} wrote key {} under its tenure {}, behind a write of tenure {latest}",
                write.client, write.key, write.tenure
            )))
        } else {
            Ok(())
        };
        (Written::Accepted, checked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i03_a_stale_write_is_refused_or_seen() {
        for fenced in [true, false] {
            let mut storage = Storage::new(1, fenced);
            let mut write = |tenure: u64| {
                let (written, checked) = storage.write(&Write {
                    client: 0,
                    key: 0,
                    token: Some(FencingToken::new(tenure)),
                    tenure,
                    sent: 0,
                });
                (written, checked.err().map(|broken| broken.invariant))
            };
            for tenure in [1, 2, 2] {
                assert_eq!(write(tenure), (Written::Accepted, None));
            }
            let stale = if fenced {
                (Written::Refused, None)
            } else {
                (Written::Accepted, Some(Invariant::NoStaleWrite))
            };
            assert_eq!(write(1), stale);
        }
    }
}
