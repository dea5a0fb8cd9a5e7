//! `cargo fuzz run limits`: what it checks stands in `src/limits.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| quorlock_fuzz::limits::check(input));
