//! What is written into the repository: a picture of each version, and the table of all scenarios.

use std::path::PathBuf;

use super::all;
use super::table::table;
use crate::repository;

/// Stand before and behind the table on its page.
const MARKS: [&str; 2] = ["<!-- the scenarios: -->\n", "<!-- the scenarios. -->"];

/// Where the pictures are.
#[must_use]
pub fn directory() -> PathBuf {
    repository::root().join("tests/pictures")
}

/// The page with the table.
#[must_use]
pub fn page() -> PathBuf {
    repository::root().join("tests/README.md")
}

/// The name and the text of each picture.
pub fn pictures() -> impl Iterator<Item = (String, String)> {
    let versions = all().flat_map(|scenario| [(scenario, true), (scenario, false)]);
    versions.filter_map(|(scenario, on)| Some((scenario.picture_name(on), scenario.picture(on)?)))
}

/// The page, with the table as it has to be.
///
/// Panics where the marks of the table are missing.
#[must_use]
pub fn with_table(page: &str) -> String {
    let [before, behind] = MARKS;
    let (head, rest) = page.split_once(before).expect("the mark before the table");
    let (_, tail) = rest.split_once(behind).expect("the mark behind the table");
    format!("{head}{before}{}{behind}{tail}", table())
}
