//! The names of all tests, for pages and tables that name some.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::root;

/// Where tests are.
const PLACES: [&str; 4] = ["adapters", "core", "resp", "tests"];

/// Macros that make tests of the functions they list.
const MAKERS: [&str; 2] = ["on_both_adapters!(", "on_each_make!("];

/// The names of all tests of the workspace, as their functions are called.
#[must_use]
pub fn names_of_tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for place in PLACES {
        tests_below(&root().join(place), &mut found);
    }
    found
}

fn tests_below(directory: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).expect("a directory of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                tests_below(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source");
            let functions = text.split("#[test]").skip(1);
            let functions = functions.filter_map(|rest| rest.split("fn ").nth(1));
            found.extend(functions.map(|rest| leading_name(rest).to_owned()));
            for maker in MAKERS {
                let lists = text.split(maker).skip(1);
                let lists = lists.filter_map(|rest| rest.split(')').next());
                let names = lists.flat_map(|list| list.split(','));
                found.extend(names.map(|name| name.trim().to_owned()));
            }
        }
    }
}

fn leading_name(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    text.split_at(end.unwrap_or(text.len())).0
}
