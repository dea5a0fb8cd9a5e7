//! Who held which key when, on one clock, and the checks that no two holders overlap and that tokens rise.
//!
//! A lease may end without any event (its time is up), so a linearizability search over acquire and release is the
//! wrong tool. Every observer is a thread of this process and shares its monotonic clock, so the intervals are exact,
//! and sorting them finds every overlap.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use quorlock_core::FencingToken;

/// One tenure: `holder` may believe that it holds `key` from `from` to `until`, the end excluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The key that was locked.
    pub key: String,
    /// Who held it; only for the words of a report.
    pub holder: String,
    /// When the acquisition was reported to the holder.
    pub from: Instant,
    /// The first instant at which the holder no longer believed that it held the key.
    pub until: Instant,
    /// The fencing token of the tenure, where it came with one.
    pub token: Option<FencingToken>,
}

/// Two tenures of one key of which the one that began later has no larger token. `first` began no later than `second`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disorder {
    /// The tenure that began first, of those with the largest token.
    pub first: Hold,
    /// The later one.
    pub second: Hold,
}

/// Two tenures of one key at the same time. `first` began no later than `second`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The tenure that began first.
    pub first: Hold,
    /// The one that began before the first had ended.
    pub second: Hold,
}

/// Names a tenure of one [`History`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldId(usize);

/// A record that many threads write to at once.
#[derive(Debug, Default)]
pub struct History {
    holds: Mutex<Vec<Hold>>,
}

impl History {
    /// An empty record.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `holder` was told at `from` that it holds `key` until `until`.
    pub fn acquired(&self, key: &str, holder: &str, from: Instant, until: Instant) -> HoldId {
        self.with(|holds| {
            holds.push(Hold {
                key: key.to_owned(),
                holder: holder.to_owned(),
                from,
                until,
                token: None,
            });
            HoldId(holds.len() - 1)
        })
    }

    /// The tenure came with this token.
    pub fn fenced(&self, id: HoldId, token: FencingToken) {
        self.with(|holds| holds[id.0].token = Some(token));
    }

    /// The holder was told at `at` that its tenure now lasts until `until`.
    ///
    /// Panics when the tenure had ended before: something that has ended can't be extended, so a product that says so
    /// is as wrong as one that lets two in.
    pub fn extended(&self, id: HoldId, at: Instant, until: Instant) {
        self.with(|holds| {
            let hold = &mut holds[id.0];
            assert!(
                at < hold.until,
                "extended {:?} after its end: {hold:?}",
                at - hold.until
            );
            hold.until = until;
        });
    }

    /// The tenure is over: the holder believed in its lock until `until`, be that earlier than it was told first or,
    /// after extensions, later.
    pub fn lasted(&self, id: HoldId, until: Instant) {
        self.with(|holds| holds[id.0].until = until);
    }

    /// The holder asked for the release, or was told of the loss, at `at`: it does not believe in its lock from there
    /// on. A tenure that had ended earlier keeps its earlier end.
    pub fn ended(&self, id: HoldId, at: Instant) {
        self.with(|holds| {
            let hold = &mut holds[id.0];
            hold.until = hold.until.min(at);
        });
    }

    /// How many tenures were recorded. A test that found no overlap must also show that there was something to find.
    pub fn len(&self) -> usize {
        self.with(|holds| holds.len())
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every tenure that began while another one of the same key lasted, each with the one that lasted longest.
    pub fn overlaps(&self) -> Vec<Overlap> {
        let mut holds = self.in_order();
        // An empty tenure (ended before it was reported) holds nothing.
        holds.retain(|hold| hold.from < hold.until);
        let mut overlaps = Vec::new();
        let mut longest: Option<&Hold> = None;
        for hold in &holds {
            match longest {
                Some(first) if first.key == hold.key && hold.from < first.until => {
                    overlaps.push(Overlap {
                        first: first.clone(),
                        second: hold.clone(),
                    });
                    if hold.until > first.until {
                        longest = Some(hold);
                    }
                }
                _ => longest = Some(hold),
            }
        }
        overlaps
    }

    /// Every tenure whose token is not above those of all tenures of the same key that began before.
    pub fn disorders(&self) -> Vec<Disorder> {
        let mut disorders = Vec::new();
        let mut highest: Option<Hold> = None;
        for hold in self.in_order() {
            if hold.token.is_none() {
                continue;
            }
            match &highest {
                Some(first) if first.key == hold.key && first.token >= hold.token => {
                    disorders.push(Disorder {
                        first: first.clone(),
                        second: hold,
                    });
                }
                _ => highest = Some(hold),
            }
        }
        disorders
    }

    /// Panics with the first overlap and their number when there are any.
    pub fn assert_exclusive(&self) {
        let overlaps = self.overlaps();
        if let Some(Overlap { first, second }) = overlaps.first() {
            let shared = first.until.min(second.until) - second.from;
            panic!(
                "{} overlapping holds of {}; the first: {} and {} both held {:?} for {shared:?}",
                overlaps.len(),
                self.len(),
                first.holder,
                second.holder,
                first.key,
            );
        }
    }

    /// All tenures, those of one key one after the other as they began.
    fn in_order(&self) -> Vec<Hold> {
        let mut holds = self.with(|holds| holds.clone());
        holds.sort_by(|a, b| (&a.key, a.from).cmp(&(&b.key, b.from)));
        holds
    }

    fn with<T>(&self, work: impl FnOnce(&mut Vec<Hold>) -> T) -> T {
        work(&mut self.holds.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    /// A record of `(key, from, until)` in milliseconds.
    fn history(holds: &[(&str, u64, u64)]) -> History {
        let origin = Instant::now();
        let history = History::new();
        for (number, &(key, from, until)) in holds.iter().enumerate() {
            let at = |ms| origin + Duration::from_millis(ms);
            history.acquired(key, &format!("client {number}"), at(from), at(until));
        }
        history
    }

    fn pairs(history: &History) -> Vec<(String, String)> {
        history
            .overlaps()
            .into_iter()
            .map(|o| (o.first.holder, o.second.holder))
            .collect()
    }

    #[test]
    fn tokens_that_do_not_rise_are_found() {
        let record = |tokens: &[(&str, u64)]| {
            let history = History::new();
            let start = Instant::now();
            for (place, (key, token)) in (0_u64..).zip(tokens) {
                let at = |ms| start + Duration::from_millis(10 * place + ms);
                let id = history.acquired(key, "client", at(0), at(5));
                history.fenced(id, FencingToken::new(*token));
            }
            let disorders = history.disorders().into_iter();
            let tokens = disorders.map(|it| (it.first.token.unwrap(), it.second.token.unwrap()));
            tokens
                .map(|(first, second)| (first.get(), second.get()))
                .collect::<Vec<_>>()
        };
        assert_eq!(record(&[("a", 1), ("b", 1), ("a", 2), ("b", 9)]), []);
        assert_eq!(record(&[("a", 1), ("a", 1)]), [(1, 1)]);
        // each is compared with all before it, and not with its neighbour only
        assert_eq!(
            record(&[("a", 5), ("a", 3), ("a", 4), ("a", 6)]),
            [(5, 3), (5, 4)]
        );
    }

    #[test]
    fn tenures_that_touch_do_not_overlap() {
        let history = history(&[("a", 10, 20), ("a", 0, 10), ("a", 20, 30)]);
        assert_eq!(pairs(&history), []);
        history.assert_exclusive();
    }

    #[test]
    fn two_keys_may_be_held_at_once() {
        history(&[("a", 0, 100), ("b", 0, 100)]).assert_exclusive();
    }

    #[test]
    fn one_millisecond_of_overlap_is_found() {
        let history = history(&[("a", 9, 20), ("a", 0, 10)]);
        assert_eq!(
            pairs(&history),
            [("client 1".to_owned(), "client 0".to_owned())]
        );
    }

    #[test]
    fn a_long_tenure_overlaps_all_that_it_covers() {
        let history = history(&[("a", 0, 100), ("a", 10, 20), ("a", 30, 40), ("a", 100, 110)]);
        let first = || "client 0".to_owned();
        assert_eq!(
            pairs(&history),
            [
                (first(), "client 1".to_owned()),
                (first(), "client 2".to_owned())
            ]
        );
    }

    #[test]
    fn a_release_ends_a_tenure_and_a_late_one_does_not_lengthen_it() {
        let history = History::new();
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let early = history.acquired("a", "A", at(0), at(100));
        history.ended(early, at(40));
        let late = history.acquired("a", "B", at(40), at(90));
        history.ended(late, at(200));
        history.acquired("a", "C", at(90), at(300));
        history.assert_exclusive();
    }

    #[test]
    fn an_extension_counts() {
        let history = History::new();
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let id = history.acquired("a", "A", at(0), at(100));
        history.extended(id, at(50), at(150));
        history.acquired("a", "B", at(120), at(200));
        assert_eq!(pairs(&history), [("A".to_owned(), "B".to_owned())]);
    }

    #[test]
    #[should_panic(expected = "after its end")]
    fn what_has_ended_can_not_be_extended() {
        let history = History::new();
        let start = Instant::now();
        let id = history.acquired("a", "A", start, start + Duration::from_millis(100));
        history.extended(
            id,
            start + Duration::from_millis(100),
            start + Duration::from_millis(200),
        );
    }

    #[test]
    #[should_panic(expected = "1 overlapping holds of 2")]
    fn the_check_fails_where_two_hold() {
        history(&[("a", 0, 10), ("a", 5, 15)]).assert_exclusive();
    }
}
