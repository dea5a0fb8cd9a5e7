//! What is in a trace is in its picture.

use std::collections::BTreeSet;

use quorlock_tests::simulation::picture::render;
use quorlock_tests::simulation::trace::{Item, Trace};

use crate::texts::{Text, attribute, check, size, texts};
use crate::traces::{MS, crowd, slow_node};

/// The words of all lines that belong to one another, without line breaks.
fn words(svg: &str) -> String {
    let words: Vec<String> = texts(svg).into_iter().map(|text| text.words).collect();
    words.join(" ")
}

fn find(svg: &str, words: &str) -> Text {
    let mut found = texts(svg).into_iter().filter(|text| text.words == words);
    found.next().unwrap_or_else(|| panic!("no {words}"))
}

/// The colours in which areas are filled.
fn fills(svg: &str) -> Vec<&str> {
    svg.split("<rect")
        .skip(1)
        .map(|rect| attribute(rect, "fill"))
        .collect()
}

#[test]
fn a_good_run_is_drawn_and_folded() {
    let story = "Two of three nodes are enough, which is told in so many words that they do not fit into a single line.";
    let svg = render(&slow_node(), &format!("A slow node\n{story}"));
    check(&svg);
    let all = words(&svg);
    for expected in [
        "A slow node",
        story,
        "client 1",
        "node 3",
        "slow",
        "acquired: two of three",
        "released",
    ] {
        assert!(all.contains(expected), "{expected} is not in {all}");
    }
    // nothing happens from the last grant, which the client takes in after 80 ms, to the release after 1 s
    assert!(all.contains("≈ 920 ms"), "{all}");
    let (width, _) = size(&svg);
    assert!(width <= 1_600.0, "{width} pixels are scaled down");
    // time runs downwards, and a fold is no place for a second
    let (acquired, verified) = (find(&svg, "acquire"), find(&svg, "release"));
    let apart = verified.top - acquired.top;
    assert!((100.0..900.0).contains(&apart), "{apart} pixels");
}

#[test]
fn the_most_crowded_run_is_legible() {
    let trace = crowd();
    let svg = render(&trace, "A crowd");
    check(&svg);
    // words that matter are all there, however little room there is
    let all = words(&svg);
    let count = |part: &str| all.matches(part).count();
    assert_eq!(count("wants the"), 24);
    assert_eq!(count("and says so"), 24);
    // the sixth time would have been after the violation
    assert_eq!(count("restarts from"), 25);
    assert_eq!(count("write refused, its"), 1);
    // columns are counted from one, clients in the code from zero
    assert!(
        all.contains("VIOLATED: I1: client 2 and client 3 both"),
        "{all}"
    );
    assert!(all.contains("to the end"), "{all}");
    // of the messages, which are many, at least these
    assert!(count("acquire & more") >= 12, "{}", count("acquire & more"));
    assert!(all.contains("late one"), "{all}");
}

#[test]
fn each_client_has_a_colour_of_its_own() {
    let svg = render(&crowd(), "");
    let fills: BTreeSet<&str> = fills(&svg).into_iter().collect();
    // a bar for keys and a pale one for beliefs of each client, faults, and the page
    assert_eq!(fills.len(), 2 * 4 + 2, "{fills:?}");
}

#[test]
fn a_violation_is_the_last_thing_that_is_drawn() {
    let mut trace = slow_node();
    trace.items.push(Item::Violation {
        at: 3 * MS,
        text: "I1".into(),
    });
    let svg = render(&trace, "");
    check(&svg);
    let all = words(&svg);
    assert!(all.contains("VIOLATED: I1"), "{all}");
    assert!(
        !all.contains("verified"),
        "what would have come later is not drawn: {all}"
    );
}

#[test]
fn only_signs_that_are_drawn_are_explained() {
    let svg = render(&slow_node(), "");
    let all = words(&svg);
    assert!(all.contains("broken on purpose"), "{all}");
    for other in ["lost", "executed after", "violated"] {
        assert!(!all.contains(other), "{other}: {all}");
    }
    assert!(words(&render(&crowd(), "")).contains("executed after its connection"));
}

#[test]
fn an_empty_run_is_a_picture_too() {
    let svg = render(
        &Trace {
            clients: 1,
            nodes: 1,
            keys: 1,
            items: Vec::new(),
        },
        "Nothing",
    );
    assert!(svg.ends_with("</svg>\n"));
    assert!(words(&svg).contains("node 1"));
}
