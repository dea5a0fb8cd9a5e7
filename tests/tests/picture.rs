//! Pictures of runs: no word covers another one or is cut off, and what is in the trace is in the picture.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that can't go on fails with the words at hand"
)]

#[path = "picture/content.rs"]
mod content;
#[path = "picture/texts.rs"]
mod texts;
#[path = "picture/traces.rs"]
mod traces;
