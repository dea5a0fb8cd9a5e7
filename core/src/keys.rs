//! The keys of one lock.

use alloc::sync::Arc;
use alloc::vec::Vec;
use bytes::Bytes;

/// What one lock locks: a key, or several keys of which it gets all or none.
///
/// Several differ, and are in the order of their bytes whatever order they were given in.
/// One takes no more room than its [`Bytes`].
///
/// ```
/// use quorlock_core::{Keys, KeysError};
///
/// let keys = Keys::new(["stock:7", "invoice:1"])?;
/// assert_eq!(keys.first(), "invoice:1");
/// assert_eq!(keys.count(), 2);
/// assert_eq!(Keys::new([""; 0]), Err(KeysError::None));
/// # Ok::<_, KeysError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Keys(Inner);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Inner {
    One(Bytes),
    Several(Arc<Several>),
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Several {
    first: Bytes,
    /// One at least.
    others: Vec<Bytes>,
}

/// Keys that can't be those of one lock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// There is none.
    #[error("no key is given")]
    None,
    /// One of them is there more than once.
    #[error("the key \"{}\" is given twice", .0.escape_ascii())]
    Repeated(Bytes),
}

impl Keys {
    /// These keys, in order. How long they may be and how many is not looked at here:
    /// [`Limits`](crate::Limits) says it, and [`AcquireError`](crate::AcquireError).
    ///
    /// # Errors
    /// No key, or one that is there twice.
    pub fn new<I>(keys: I) -> Result<Self, KeysError>
    where
        I: IntoIterator,
        I::Item: Into<Bytes>,
    {
        let mut keys: Vec<Bytes> = keys.into_iter().map(Into::into).collect();
        keys.sort_unstable();
        let twice = keys.windows(2).find_map(|pair| match pair {
            [one, other] if one == other => Some(one.clone()),
            _ => None,
        });
        if let Some(key) = twice {
            return Err(KeysError::Repeated(key));
        }
        let mut keys = keys.into_iter();
        let first = keys.next().ok_or(KeysError::None)?;
        if keys.len() == 0 {
            return Ok(first.into());
        }
        let others = keys.collect();
        Ok(Self(Inner::Several(Arc::new(Several { first, others }))))
    }

    /// The first of them, or the only one.
    #[must_use]
    pub fn first(&self) -> &Bytes {
        match &self.0 {
            Inner::One(key) => key,
            Inner::Several(keys) => &keys.first,
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Bytes> {
        core::iter::once(self.first()).chain(self.others())
    }

    fn others(&self) -> &[Bytes] {
        match &self.0 {
            Inner::One(_) => &[],
            Inner::Several(keys) => &keys.others,
        }
    }

    /// How many there are, from 1.
    #[must_use]
    pub fn count(&self) -> usize {
        1 + self.others().len()
    }

    /// Whether there is more than one.
    #[must_use]
    pub const fn are_several(&self) -> bool {
        matches!(self.0, Inner::Several(_))
    }
}

impl From<Bytes> for Keys {
    /// One key.
    fn from(key: Bytes) -> Self {
        Self(Inner::One(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_are_in_order_and_differ() {
        let keys = |keys: &[&'static str]| Keys::new(keys.iter().copied());
        let one = Keys::from(Bytes::from_static(b"a"));
        assert_eq!(keys(&["a"]), Ok(one.clone()));
        assert!(!one.are_several() && one.count() == 1);
        let two = keys(&["b", "a"]);
        assert_eq!(two, keys(&["a", "b"]));
        let two: Vec<Bytes> = two.iter().flat_map(Keys::iter).cloned().collect();
        assert_eq!(two, ["a", "b"]);
        assert_eq!(keys(&[]), Err(KeysError::None));
        let repeated = KeysError::Repeated(Bytes::from_static(b"b"));
        assert_eq!(keys(&["b", "a", "b"]), Err(repeated));
    }

    #[test]
    fn one_costs_no_more_than_its_bytes() {
        assert_eq!(size_of::<Keys>(), size_of::<Bytes>());
    }
}
