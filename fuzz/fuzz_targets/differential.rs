//! `cargo fuzz run differential`: what it checks stands in `src/differential.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| quorlock_fuzz::differential::check(input));
