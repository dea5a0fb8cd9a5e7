//! `cargo fuzz run machine`: what it checks stands in `src/machine.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| quorlock_fuzz::machine::check(input));
