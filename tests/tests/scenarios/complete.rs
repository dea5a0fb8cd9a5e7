//! Nothing is missing: tests, faults, pictures and the page.

use std::collections::BTreeSet;
use std::fs;

use quorlock_tests::repository::{names_of_tests, root};
use quorlock_tests::scenarios::files::{directory, page, pictures, with_table};
use quorlock_tests::scenarios::{Off, On, all};

use crate::{TESTED, texts};

/// How to write what differs.
const WRITE: &str = "cargo run -p quorlock-tests --bin pictures";

#[test]
fn every_version_in_the_simulation_has_its_test() {
    let tested: BTreeSet<(String, &str)> = TESTED
        .iter()
        .flat_map(|(name, versions)| {
            let name = name.replace('_', "-");
            versions.iter().map(move |version| (name.clone(), *version))
        })
        .collect();
    let there: BTreeSet<(String, &str)> = all()
        .flat_map(|scenario| {
            let versions = [(true, "on"), (false, "off")].into_iter();
            let versions = versions.filter(|(on, _)| scenario.version(*on).is_some());
            versions.map(|(_, version)| (scenario.name.to_owned(), version))
        })
        .collect();
    assert_eq!(tested, there);
    assert!(there.len() >= 50, "{} versions", there.len());
}

#[test]
fn every_test_and_every_fault_that_is_named_exists() {
    let tests = names_of_tests();
    for scenario in all() {
        let mut named: Vec<&str> = scenario.real.to_vec();
        if let On::Unit(test) = scenario.on {
            named.push(test);
        }
        match scenario.off {
            Off::Harmless(_) | Off::Simulated(_) => {}
            Off::Planted(fault) => {
                let patch = root().join(format!("tests/planted/{fault}.patch"));
                let patch = fs::read_to_string(&patch).unwrap_or_default();
                // the fault must break this scenario, which the planted faults' own command sees to
                let test = scenario.name.replace('-', "_");
                let mut checks = patch
                    .lines()
                    .filter(|line| line.contains("--test scenarios"));
                let broken = checks.any(|check| check.contains(&test));
                assert!(broken, "{fault} does not break {test}");
            }
            Off::Shown(test) => named.push(test),
        }
        for test in named {
            assert!(tests.contains(test), "{}: {test}", scenario.name);
        }
    }
}

/// A name is one scenario's.
#[test]
fn names_differ() {
    let mut names = BTreeSet::new();
    for scenario in all() {
        assert!(names.insert(scenario.name), "{} twice", scenario.name);
    }
}

#[test]
fn pictures_are_as_they_are_drawn_and_legible() {
    let mut names = BTreeSet::new();
    for (name, svg) in pictures() {
        texts::check(&svg);
        let (width, _) = texts::size(&svg);
        assert!(width <= 1_600.0, "{name}: {width} pixels are scaled down");
        let committed = fs::read_to_string(directory().join(&name)).unwrap_or_default();
        assert!(committed == svg, "{name} differs: {WRITE}");
        names.insert(name);
    }
    let files = fs::read_dir(directory()).unwrap();
    let files: BTreeSet<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files, names, "{WRITE}");
}

#[test]
fn the_page_has_the_table() {
    let text = fs::read_to_string(page()).unwrap();
    assert!(text == with_table(&text), "the table differs: {WRITE}");
}
