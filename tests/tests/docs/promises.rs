//! The tests that the page of promises names.

use quorlock_tests::repository::names_of_tests;

use crate::page;

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

#[test]
fn every_test_that_the_page_names_exists() {
    let existing = names_of_tests();
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
