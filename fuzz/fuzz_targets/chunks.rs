//! `cargo fuzz run chunks`: what it checks stands in `src/chunks.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| quorlock_fuzz::chunks::check(input));
