//! `cargo fuzz run decode`: what it checks stands in `src/decode.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| quorlock_fuzz::decode::check(input));
