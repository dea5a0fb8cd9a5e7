//! The decoder beside three others: where one of them reads what we do not, or reads another value,
//! one of us is wrong.

mod differences;
mod ours;
mod peers;

use quorlock_resp::Limits;

use differences::Case;
use peers::{PEERS, Said};

/// Reads the first frame of the input with every peer and asserts that, but for the differences that
/// `differential/differences.rs` justifies,
/// - what a peer accepts, we accept, with the same value and the same length;
/// - what we accept, the peer that knows all of RESP3 (resp-rs) accepts.
pub fn check(input: &[u8]) {
    let ours = ours::read(input, Limits::DEFAULT);
    for peer in &PEERS {
        let case = Case {
            input,
            peer: peer.name,
            ours: &ours,
            theirs: &peer.read(input),
        };
        assert!(
            agree(&case, peer) || differences::justification(&case).is_some(),
            "{} says {:?}\nwe say {:?}\nto {:?}",
            case.peer,
            case.theirs,
            case.ours,
            input.escape_ascii().to_string(),
        );
    }
}

/// The differences that are meant: with which peers, an input that shows it, and why.
pub fn meant() -> impl Iterator<Item = (&'static [&'static str], &'static str, &'static str)> {
    let rows = differences::DIFFERENCES.iter();
    rows.map(|it| (it.peers, it.example, it.reason))
}

fn agree(case: &Case<'_>, peer: &peers::Peer) -> bool {
    match (case.theirs, case.ours) {
        (Said::Value { tree, length }, Ok(Some(ours))) => {
            let same_length = length.is_none_or(|length| length == ours.length);
            same_length && peer.sees(tree) == peer.sees(&ours.tree)
        }
        (Said::Value { .. }, Ok(None) | Err(_)) => false,
        (Said::Refused, Ok(Some(_))) => !peer.complete,
        (Said::Refused | Said::Unclear, _) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row of the table is needed: its example differs, and it is the row that says why.
    #[test]
    fn each_difference_has_its_example() {
        for (peers, example, reason) in meant() {
            for name in peers {
                let peer = PEERS.iter().find(|peer| peer.name == *name);
                let peer = peer.expect("a peer");
                let input = example.as_bytes();
                let case = Case {
                    input,
                    peer: peer.name,
                    ours: &ours::read(input, Limits::DEFAULT),
                    theirs: &peer.read(input),
                };
                assert!(!agree(&case, peer), "{name} agrees on {input:?}");
                let found = differences::justification(&case).map(|it| it.reason);
                assert_eq!(found, Some(reason), "{name}");
            }
        }
    }
}
