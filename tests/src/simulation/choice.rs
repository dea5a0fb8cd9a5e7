//! Choices that a plan leaves open, each a hash of what is decided.
//!
//! There is no generator whose numbers one choice could take away from another: that is what makes it possible to
//! take a fault out of a plan and to have otherwise the same run.

/// What is being decided. With the numbers of the participants it names a choice: other values would be other runs.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub(super) enum Subject {
    Cut = 1,
    Delay = 2,
    Jitter = 3,
    Lag = 5,
    Slow = 4,
}

/// A number from 0 to 2^64 - 1 for one choice.
pub(super) fn choose(seed: u64, subject: Subject, numbers: [u64; 4]) -> u64 {
    let mut state = mix(seed ^ (subject as u64).rotate_right(8));
    for number in numbers {
        state = mix(state ^ number);
    }
    state
}

/// The finaliser of `SplitMix64` (Steele, Lea, Flood, 2014).
pub(super) const fn mix(word: u64) -> u64 {
    let mut word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// A number below `bound` made of a choice; 0 for a bound of 0.
pub(super) fn below(choice: u64, bound: u64) -> u64 {
    let product = u128::from(choice) * u128::from(bound);
    u64::try_from(product >> 64).unwrap_or(0)
}
