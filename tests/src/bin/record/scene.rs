//! The scenes of `scenes.txt`.

use quorlock_core::script::{self, Script};

/// What is asked on one connection.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    /// On a server that is a cluster of its own.
    pub(crate) cluster: bool,
    /// Where RESP2 has nothing to say.
    pub(crate) resp3_only: bool,
    pub(crate) steps: Vec<Step>,
}

/// A command: its words.
pub(crate) type Words = Vec<String>;

pub(crate) enum Step {
    /// Commands that are sent together on the recorded connection.
    Ask(Vec<Words>),
    /// A command of somebody else.
    Other(Words),
}

/// All scenes, in order.
pub(crate) fn all() -> Vec<Scene> {
    let mut scenes: Vec<Scene> = Vec::new();
    let text = include_str!("scenes.txt");
    let lines = text.lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(header) = line.strip_prefix("== ") {
            scenes.push(scene(header));
        } else {
            let scene = scenes.last_mut().expect("a scene begins with its header");
            scene.steps.push(step(line));
        }
    }
    scenes
}

fn scene(header: &'static str) -> Scene {
    let mut words = header.split(' ');
    let name = words.next().expect("a split has a first part");
    let flags: Vec<_> = words.collect();
    Scene {
        name,
        cluster: flags.contains(&"cluster"),
        resp3_only: flags.contains(&"resp3"),
        steps: Vec::new(),
    }
}

fn step(line: &str) -> Step {
    match line.strip_prefix("other> ") {
        Some(command) => Step::Other(words(command)),
        None => Step::Ask(line.split(" ; ").map(words).collect()),
    }
}

/// Splits at spaces outside of double quotes; a backslash in quotes takes a quote or a backslash as it is.
fn words(command: &str) -> Words {
    let mut words = Vec::new();
    let mut rest = command.trim();
    while !rest.is_empty() {
        let (word, behind) = if let Some(quoted) = rest.strip_prefix('"') {
            until_quote(quoted)
        } else {
            let (word, behind) = rest.split_once(' ').unwrap_or((rest, ""));
            (placeholder(word), behind)
        };
        words.push(word);
        rest = behind.trim_start();
    }
    words
}

/// The text up to the closing quote, and what is behind it.
fn until_quote(text: &str) -> (String, &str) {
    let mut word = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (word, &text[at + 1..]),
            '\\' if text[at + 1..].starts_with(['"', '\\']) => {
                word.extend(characters.next().map(|(_, escaped)| escaped));
            }
            _ => word.push(character),
        }
    }
    panic!("no closing quote in {text}")
}

/// The word, or the part of the product's script that it stands for.
fn placeholder(word: &str) -> String {
    let inner = word.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
    let Some((name, part)) = inner.and_then(|inner| inner.split_once('.')) else {
        return word.to_owned();
    };
    let Script { sha, text } = match name {
        "acquire" => script::ACQUIRE,
        "extend" => script::EXTEND,
        "release" => script::RELEASE,
        _ => panic!("no script {name}"),
    };
    match part {
        "sha" => sha.to_owned(),
        "text" => text.to_owned(),
        _ => panic!("no part {part} of a script"),
    }
}
