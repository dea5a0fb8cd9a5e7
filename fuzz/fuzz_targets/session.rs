//! `cargo fuzz run session`: what it checks stands in `src/session.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| quorlock_fuzz::session::check(input));
