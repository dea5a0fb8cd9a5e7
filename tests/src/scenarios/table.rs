//! The table of all scenarios, for `tests/README.md`.

use core::fmt::Write as _;

use super::{Off, On, Scenario, Version, all};

/// Where the pictures are, seen from the page.
const PICTURES: &str = "pictures";

/// The table, in Markdown.
pub(super) fn table() -> String {
    let mut table = String::from(
        "| scenario | what happens | with the mechanism | without it | on real servers |\n|---|---|---|---|---|\n",
    );
    for scenario in all() {
        let real: Vec<String> = scenario.real.iter().map(|it| format!("`{it}`")).collect();
        writeln!(
            table,
            "| **{}** | {} | {} | {} | {} |",
            scenario.name,
            scenario.story,
            with(scenario),
            without(scenario),
            if real.is_empty() {
                "-".into()
            } else {
                real.join(", ")
            },
        )
        .expect("a String takes what it is given");
    }
    table
}

fn with(scenario: &Scenario) -> String {
    match &scenario.on {
        On::Simulated(version) => simulated(scenario, version, true),
        On::Unit(test) => format!("a unit test: `{test}`"),
    }
}

fn without(scenario: &Scenario) -> String {
    match &scenario.off {
        Off::Harmless(why) => format!("harmless: {why}"),
        Off::Planted(patch) => format!("planted fault `{patch}`"),
        Off::Shown(test) => format!("another client does it: `{test}`"),
        Off::Simulated(version) => simulated(scenario, version, false),
    }
}

/// What comes of a version, with its picture.
fn simulated(scenario: &Scenario, version: &Version, on: bool) -> String {
    let verdict = match version.violates {
        None if on => "holds".to_owned(),
        None => "as it must be".to_owned(),
        Some(invariant) => format!("**{invariant}** is violated"),
    };
    let picture = scenario.picture_name(on);
    format!(
        "{}: {verdict} ([picture]({PICTURES}/{picture}))",
        version.how
    )
}
