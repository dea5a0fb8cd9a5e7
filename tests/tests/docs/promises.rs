//! The tests that the page of promises names.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::{page, root};

/// Where tests are.
const PLACES: [&str; 4] = ["adapters", "core", "resp", "tests"];

/// The rows of the table of what can happen: what happens, and the cell of tests.
fn rows(page: &str) -> Vec<(&str, &str)> {
    let lines = page.lines().filter(|line| line.starts_with("| **"));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [what, .., tests] = cells[..] else {
                panic!("a row of one cell: {line}")
            };
            assert_eq!(cells.len(), 6, "{line}");
            (what, tests)
        })
        .collect()
}

/// Macros that make tests of the functions they list.
const MAKERS: [&str; 2] = ["on_both_adapters!(", "on_each_make!("];

/// The names of all tests below a directory.
fn tests_below(directory: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                tests_below(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
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

#[test]
fn every_test_that_the_page_names_exists() {
    let mut existing = BTreeSet::new();
    for place in PLACES {
        tests_below(&root().join(place), &mut existing);
    }
    let page = page("core/docs/promises.md");
    let rows = rows(&page);
    assert!(rows.len() >= 10, "{} rows", rows.len());
    for (what, tests) in rows {
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "{what} names no test");
        for name in names {
            assert!(existing.contains(name), "{what} names {name}");
        }
    }
}
