//! `cargo fuzz run roundtrip`: what it checks stands in `src/roundtrip.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| quorlock_fuzz::roundtrip::check(input));
