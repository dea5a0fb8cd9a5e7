//! `cargo fuzz run node`: what it checks stands in `src/node.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| quorlock_fuzz::node::check(input));
