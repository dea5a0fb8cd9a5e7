//! Links from one file of the repository to another.

use std::path::Path;

use crate::{page, root};

/// The pages that link.
const PAGES: [&str; 9] = [
    "CONTRIBUTING.md",
    "README.md",
    "core/docs/cluster.md",
    "core/docs/fencing.md",
    "core/docs/promises.md",
    "core/docs/several.md",
    "core/docs/waiting.md",
    "fuzz/README.md",
    "tests/README.md",
];

#[test]
fn links_between_files_lead_somewhere() {
    let mut links = 0;
    for name in PAGES {
        let text = page(name);
        let beside = Path::new(name).parent().unwrap_or(Path::new(""));
        for (_, rest) in text
            .match_indices("](")
            .map(|(at, open)| text.split_at(at + open.len()))
        {
            let target = rest.split(')').next().unwrap_or_default();
            if target.contains("://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let (file, linked) = match file {
                "" => (name.to_owned(), text.clone()),
                file => {
                    let path = root().join(beside).join(file);
                    assert!(path.exists(), "{name} links to {target}");
                    if path.is_dir() {
                        continue;
                    }
                    (file.to_owned(), std::fs::read_to_string(path).unwrap())
                }
            };
            assert!(
                anchor.is_empty() || anchors(&linked).any(|there| there == anchor),
                "{name} links to {target}, which is no heading of {file}"
            );
            links += 1;
        }
    }
    assert!(links > 5, "only {links} links were found");
}

/// What headings are called in links.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept = words
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}
