//! Which of several independent groups of nodes has a key.
//!
//! All clients of a deployment must agree on the placement and on the shards: two that
//! ask different nodes for one key do not exclude each other.

use crate::hash_slot::{HashSlot, hash_tag};

/// How keys are spread over shards. A key with a hash tag (`{tag}`) is placed by the tag
/// alone, so that keys which belong together stay together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Placement {
    /// The cluster's hash slots, cut into as many equal ranges as there are shards: as
    /// `redis-cli --cluster create` deals them out. The order of the shards counts; another
    /// shard moves keys between all of them.
    HashSlot,
    /// The decimal number that the key ends with, modulo the number of shards: what
    /// applications do that shard by id (`invoice-17` of 5 shards: the third). The order
    /// of the shards counts; another shard moves nearly all keys.
    Modulo,
    /// The shard whose name makes the largest hash with the key. The order of the shards
    /// does not count, their names do; a new one takes its share evenly from the others
    /// and moves nothing else.
    ///
    /// Source: Thaler and Ravishankar, "Using name-based mappings to increase hit rates",
    /// 1998 (highest random weight). The hash is FNV-1a, 64 bits, of name, a byte 255 and
    /// key, finished as in `MurmurHash3`.
    #[default]
    Rendezvous,
}

/// A key that can't be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlacementError {
    /// [`Placement::Modulo`] needs a number.
    #[error("the key does not end with a number, by which it would be placed")]
    NoNumber,
    /// There is nowhere to place it.
    #[error("there is no shard")]
    NoShard,
}

impl Placement {
    /// The index of the key's shard among those with these names.
    ///
    /// # Errors
    /// No shard; no number at the end of the key.
    pub fn place<N: AsRef<str>>(self, key: &[u8], shards: &[N]) -> Result<usize, PlacementError> {
        if shards.is_empty() {
            return Err(PlacementError::NoShard);
        }
        match self {
            Self::HashSlot => {
                let slot = usize::from(HashSlot::of(key).number());
                Ok(slot * shards.len() / usize::from(HashSlot::COUNT))
            }
            Self::Modulo => remainder(hash_tag(key).unwrap_or(key), shards.len())
                .ok_or(PlacementError::NoNumber),
            Self::Rendezvous => {
                let key = hash_tag(key).unwrap_or(key);
                let names = shards.iter().map(AsRef::as_ref).enumerate();
                let heaviest = names.max_by_key(|(_, name)| (weight(name.as_bytes(), key), *name));
                let heaviest = heaviest.map(|(index, _)| index);
                heaviest.ok_or(PlacementError::NoShard)
            }
        }
    }
}

/// The decimal number at the end of the key, of whatever length, modulo `count`.
fn remainder(key: &[u8], count: usize) -> Option<usize> {
    let before = key.iter().rposition(|byte| !byte.is_ascii_digit());
    let digits = key.get(before.map_or(0, |at| at + 1)..)?;
    let count = u128::try_from(count).ok()?;
    let number = digits.iter().fold(0, |sum: u128, digit| {
        (sum * 10 + u128::from(digit - b'0')) % count
    });
    usize::try_from(number).ok().filter(|_| !digits.is_empty())
}

/// What a shard weighs for a key.
fn weight(name: &[u8], key: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let bytes = name.iter().chain(&[255]).chain(key);
    let hash = bytes.fold(OFFSET, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(PRIME)
    });
    // FNV leaves the last bytes in the low bits: spread them over all, since keys and names differ there
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use alloc::format;
    use alloc::vec::Vec;

    use super::*;

    const SHARDS: [&str; 5] = ["a", "b", "c", "d", "e"];
    const KEYS: usize = 20_000;

    fn placed<'a>(placement: Placement, shards: &[&'a str]) -> Vec<&'a str> {
        let place = |id| placement.place(format!("invoice-{id}").as_bytes(), shards);
        (0..KEYS).map(|id| shards[place(id).unwrap()]).collect()
    }

    #[test]
    fn every_placement_uses_all_shards_alike() {
        for placement in [
            Placement::HashSlot,
            Placement::Modulo,
            Placement::Rendezvous,
        ] {
            let placed = placed(placement, &SHARDS);
            for shard in SHARDS {
                let share = placed.iter().filter(|at| **at == shard).count();
                assert!(
                    (3_800..=4_200).contains(&share),
                    "{placement:?} {shard} {share}"
                );
            }
        }
    }

    #[test]
    fn a_new_shard_takes_its_share_and_moves_nothing_else() {
        let before = placed(Placement::Rendezvous, &SHARDS[..4]);
        let after = placed(Placement::Rendezvous, &SHARDS);
        let mut moved = 0;
        for (before, after) in before.iter().zip(&after) {
            moved += usize::from(before != after);
            assert!(before == after || *after == "e", "{before} -> {after}");
        }
        assert!((3_800..=4_200).contains(&moved), "{moved} of {KEYS}");
        let mut turned = SHARDS;
        turned.reverse();
        assert_eq!(placed(Placement::Rendezvous, &turned), after);
    }

    /// These may never change: clients of two versions would place a key apart.
    #[test]
    fn placements_stay_as_they_are() {
        let places = |placement: Placement| {
            let keys = (0..12).map(|id| format!("job-{id}"));
            let place = |key: alloc::string::String| placement.place(key.as_bytes(), &SHARDS);
            keys.map(|key| place(key).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(
            places(Placement::HashSlot),
            [2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 1, 0]
        );
        assert_eq!(
            places(Placement::Rendezvous),
            [3, 2, 0, 2, 4, 1, 0, 4, 0, 4, 0, 0]
        );
    }

    #[test]
    fn by_number_as_the_application_does_it() {
        for (key, expected) in [
            ("invoice-17", Ok(2)),
            ("17", Ok(2)),
            ("0", Ok(0)),
            ("2026-invoice", Err(PlacementError::NoNumber)),
            ("{invoice-17}:lines", Ok(2)),
            ("", Err(PlacementError::NoNumber)),
            // above 2^128: 10^39 + 3
            ("1000000000000000000000000000000000000003", Ok(3)),
        ] {
            let placed = Placement::Modulo.place(key.as_bytes(), &SHARDS);
            assert_eq!(placed, expected, "{key}");
        }
        // by the whole number, and not by its last digit
        let placed = Placement::Modulo.place(b"invoice-1017", &["shard"; 7]);
        assert_eq!(placed, Ok(1_017 % 7));
    }

    #[test]
    fn what_shares_a_tag_shares_a_shard() {
        for placement in [
            Placement::HashSlot,
            Placement::Modulo,
            Placement::Rendezvous,
        ] {
            let place = |key: &str| placement.place(key.as_bytes(), &SHARDS).unwrap();
            for id in 0..100 {
                let other = place(&format!("stock of {{order-{id}}} 1"));
                assert_eq!(place(&format!("order-{id}")), other, "{placement:?} {id}");
            }
        }
    }

    #[test]
    fn without_shards_there_is_no_place() {
        for placement in [
            Placement::HashSlot,
            Placement::Modulo,
            Placement::Rendezvous,
        ] {
            let place = placement.place(b"key 1", &[""; 0]);
            assert_eq!(place, Err(PlacementError::NoShard));
        }
    }
}
