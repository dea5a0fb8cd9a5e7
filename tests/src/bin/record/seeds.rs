//! Seeds for the fuzz targets, each with the bytes in front that its target takes for itself.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use quorlock_resp::{Frame, Value};
use quorlock_tests::servers::{Make, Options, Server};

use crate::scene::{self, Scene, Step};
use crate::tape::Tape;
use crate::{PROTOCOLS, root, scrub, write};

/// `decode` reads whether the limits are small.
const DECODE: &[u8] = &[0];

/// `chunks` reads that, and four piece lengths: 5, 48, 12 and 1 bytes.
const CHUNKS: &[u8] = &[0, 4, 0x82, 11, 0];

/// `node` reads whether there is a password, which step comes first (the first kind: bytes), on which connection, and
/// in pieces of how many bytes.
const NODE: &[u8] = &[0, 0, 0, 0, 0, 0, 255];

/// The servers, and how their files are called.
const MAKES: [(Make, &str); 2] = [(Make::Redis7, "redis7"), (Make::Valkey9, "valkey9")];

/// Records every scene on each make in both protocols, replacing what was recorded before.
pub(crate) fn record() {
    let mut shapes = HashSet::new();
    for (make, name) in MAKES {
        let program = make.program().expect("installed by tests/run");
        for cluster in [false, true] {
            let server = start(&program, cluster);
            let hide = |bytes: &mut [u8]| scrub(bytes, &server, &program);
            for (scene, protocol) in conversations(cluster) {
                let tape = play(&server, &scene, protocol);
                let what = format!("resp{protocol}-{}", scene.name);
                keep(&tape, &format!("{name}-{what}"), hide, &mut shapes);
                keep_questions(&tape, &what);
            }
        }
    }
}

/// The scenes for one kind of server, with the protocols to play them in.
fn conversations(cluster: bool) -> impl Iterator<Item = (Scene, &'static str)> {
    let there = move |(scene, protocol): &(Scene, &str)| {
        scene.cluster == cluster && (*protocol == "3" || !scene.resp3_only)
    };
    let all = PROTOCOLS
        .into_iter()
        .flat_map(|protocol| scene::all().into_iter().map(move |scene| (scene, protocol)));
    all.filter(there)
}

fn start(program: &Path, cluster: bool) -> Server {
    let mut options = Options::new()
        .with_binary(program)
        .with_line("enable-debug-command yes");
    if cluster {
        options = options.with_line("cluster-enabled yes");
    }
    Server::start(&options)
}

fn play(server: &Server, scene: &Scene, protocol: &str) -> Tape {
    let mut other = Tape::start(server, "3");
    other.ask(&[vec!["FLUSHALL"]]);
    let mut tape = Tape::start(server, protocol);
    for step in &scene.steps {
        match step {
            Step::Ask(commands) => tape.ask(commands),
            Step::Other(command) => other.ask(core::slice::from_ref(command)),
        }
    }
    tape
}

/// Writes what the server said.
fn keep(tape: &Tape, name: &str, hide: impl Fn(&mut [u8]), shapes: &mut HashSet<String>) {
    let mut received = tape.received();
    hide(&mut received);
    seed("decode", name, &[DECODE, &received]);
    seed("chunks", name, &[CHUNKS, &received]);
    for (index, frame) in tape.frames.iter().enumerate() {
        if shapes.insert(shape(frame)) {
            let mut bytes = frame.bytes().to_vec();
            hide(&mut bytes);
            seed("differential", &format!("{name}-{index:02}"), &[&bytes]);
        }
    }
}

/// Writes what was asked, which is the same whoever answers.
fn keep_questions(tape: &Tape, name: &str) {
    seed("node", name, &[NODE, &tape.sent, &length(&tape.sent)]);
}

/// How `node` is told how long the bytes are: behind them, most significant byte first, in as few bytes as it takes.
fn length(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a scene asks less than 64 KiB");
    let [high, low] = length.to_be_bytes();
    if high == 0 {
        vec![low]
    } else {
        vec![high, low]
    }
}

/// Writes a file of `fuzz/seeds`.
fn seed(target: &str, name: &str, parts: &[&[u8]]) {
    let path = root().join("fuzz/seeds").join(target);
    write(&path.join(format!("recorded-{name}")), &parts.concat());
}

/// What a frame is made of, without what it says: `differential` reads one frame only, so it gets one of each shape.
fn shape(frame: &Frame) -> String {
    let mut shape = String::new();
    if let Some(attributes) = frame.attributes() {
        shape.push('|');
        sketch(&Value::Map(attributes), &mut shape);
    }
    sketch(&frame.value(), &mut shape);
    shape
}

fn sketch(value: &Value<'_>, shape: &mut String) {
    let (kind, children) = match value {
        Value::Array(items) => ('*', Some(*items)),
        Value::BigNumber(_) => ('(', None),
        Value::Boolean(_) => ('#', None),
        Value::Bulk(_) => ('$', None),
        Value::BulkError(_) => ('!', None),
        Value::Double(_) => (',', None),
        Value::Error(_) => ('-', None),
        Value::Integer(_) => (':', None),
        Value::Map(pairs) => ('%', Some(pairs.items())),
        Value::Null => ('_', None),
        Value::Push(items) => ('>', Some(*items)),
        Value::Set(items) => ('~', Some(*items)),
        Value::Simple(_) => ('+', None),
        Value::Streamed(_) => (';', None),
        Value::Verbatim { .. } => ('=', None),
    };
    shape.push(kind);
    let Some(children) = children else { return };
    let shapes: BTreeSet<String> = children
        .map(|child| {
            let mut shape = String::new();
            sketch(&child, &mut shape);
            shape
        })
        .collect();
    shape.push('[');
    shape.extend(shapes);
    shape.push(']');
}
