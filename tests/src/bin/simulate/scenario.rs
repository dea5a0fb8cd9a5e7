//! A scenario, played and drawn.

use std::fs;
use std::io;
use std::path::Path;

use quorlock_tests::scenarios::{self, Scenario};

/// Plays a scenario with its mechanism on or off; true when what happens is what is expected.
///
/// # Errors
/// There is no such scenario, or the picture can't be written.
pub(crate) fn play(name: &str, on: bool, svg: Option<&Path>) -> io::Result<bool> {
    let Some(scenario) = Scenario::find(name) else {
        let names: Vec<&str> = scenarios::all().map(|scenario| scenario.name).collect();
        let all = names.join(" ");
        return Err(io::Error::other(format!(
            "no scenario {name}; there are {all}"
        )));
    };
    let Some(version) = scenario.version(on) else {
        let how = if on { "on" } else { "off" };
        let shown = "tests/README.md says where it is shown";
        return Err(io::Error::other(format!(
            "{name} {how} is not simulated; {shown}"
        )));
    };
    println!("{name}: {}\n{}", scenario.story, version.how);
    let checked = version.check();
    match &checked {
        Ok(outcome) => match &outcome.violation {
            None => println!("every invariant held, as expected"),
            Some(violation) => println!("violated, as expected: {violation}"),
        },
        Err(error) => println!("not as expected: {error}"),
    }
    if let (Some(file), Some(picture)) = (svg, scenario.picture(on)) {
        fs::write(file, picture)?;
        println!("drawn in {}", file.display());
    }
    Ok(checked.is_ok())
}
