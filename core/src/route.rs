//! How a question is passed on between the nodes of a cluster.

/// So many redirects are followed for one question; a cluster that goes on passing it on
/// is about to change, and is asked again later.
const HOPS_MAX: u8 = 5;

/// The way of one question so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Route {
    hops: u8,
    asking: bool,
}

impl Route {
    /// Nobody has passed it on.
    pub(crate) const fn new() -> Self {
        Self {
            hops: 0,
            asking: false,
        }
    }

    /// A node passes the question on; false where that was once too often.
    pub(crate) const fn pass_on(&mut self, asking: bool) -> bool {
        self.hops = self.hops.saturating_add(1);
        self.asking = asking;
        self.hops <= HOPS_MAX
    }

    /// Whether a node has named the one that is asked now: it knows better than the map.
    pub(crate) const fn is_led(self) -> bool {
        self.hops > 0
    }

    /// Whether the slot is on its way to the node that is asked now, so that it answers
    /// behind `ASKING` only.
    pub(crate) const fn is_asking(self) -> bool {
        self.asking
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_passed_on_five_times() {
        let mut route = Route::new();
        assert!(!route.is_led() && !route.is_asking());
        for hop in 1..=5 {
            assert!(route.pass_on(hop == 1), "{hop}");
            assert_eq!((route.is_led(), route.is_asking()), (true, hop == 1));
        }
        assert!(!route.pass_on(false));
    }
}
