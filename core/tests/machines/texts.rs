//! What is printed for people.

use crate::support::{node, nodes};
use quorlock_core::{Caution, NodeVerdict, RunId};

#[test]
fn what_a_node_said_to_a_release() {
    let verdicts = [
        NodeVerdict::Foreign,
        NodeVerdict::Gone,
        NodeVerdict::NeverAsked,
        NodeVerdict::Released,
        NodeVerdict::Unknown,
    ];
    let texts = verdicts.map(|verdict| verdict.to_string());
    assert_eq!(
        texts,
        ["not ours", "gone", "never asked", "released", "unknown"]
    );
}

#[test]
fn a_caution_names_the_command_that_is_missing() {
    assert!(Caution::CannotKill.to_string().starts_with("CLIENT KILL"));
}

#[test]
fn a_run_id_in_letters() {
    let id = "a0".repeat(20);
    let run_id = RunId::new(id.as_bytes()).unwrap();
    assert_eq!(format!("{run_id:?}"), format!("RunId({id})"));
}

#[test]
fn a_node_is_named_by_its_number() {
    assert_eq!(node(3).to_string(), "node 3");
    assert_eq!(format!("{:?}", nodes(&[2, 0])), "{0, 2}");
}
