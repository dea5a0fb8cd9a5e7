//! Colours that people who see few of them can tell apart, from Okabe and Ito, Color Universal Design (2008).

/// The colours of one client: of bars, and of words and lines, which need more contrast on white.
#[derive(Clone, Copy, Debug)]
pub(super) struct Colours {
    pub(super) bar: &'static str,
    pub(super) pale: &'static str,
    pub(super) ink: &'static str,
}

const CLIENTS: [Colours; 5] = [
    Colours {
        bar: "#0072b2",
        pale: "#cfe5f2",
        ink: "#00568a",
    },
    Colours {
        bar: "#e69f00",
        pale: "#fdebc8",
        ink: "#8a5f00",
    },
    Colours {
        bar: "#009e73",
        pale: "#c9ecdf",
        ink: "#006b4f",
    },
    Colours {
        bar: "#cc79a7",
        pale: "#f6dfeb",
        ink: "#8f3f6b",
    },
    Colours {
        bar: "#56b4e9",
        pale: "#dff1fb",
        ink: "#1f6f9c",
    },
];

pub(super) const BLACK: &str = "#1a1a1a";
pub(super) const FAULT: &str = "#dedede";
pub(super) const FAULT_INK: &str = "#4a4a4a";
pub(super) const FAINT: &str = "#c4c4c4";
pub(super) const WHITE: &str = "#ffffff";
pub(super) const RED: &str = "#c00000";

/// The colours of a client; they repeat after the fifth.
pub(super) const fn client(number: usize) -> Colours {
    #[allow(clippy::indexing_slicing, reason = "the remainder is within")]
    CLIENTS[number % CLIENTS.len()]
}
