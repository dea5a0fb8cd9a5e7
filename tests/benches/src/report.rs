//! The figures as Markdown.

use core::fmt::Write as _;
use std::collections::BTreeMap;

use crate::claims::{self, Bound, Claim};
use crate::count::Counts;
use crate::delivery::Delivery;
use crate::large::{
    ARRAYS, BULK_IN_SEGMENTS, BULKS, IN_CHUNKS, IN_PLACE, IN_SEGMENTS, LINES, Size,
};
use crate::reader::READERS;
use crate::streams::Stream;
use crate::time::{Key, Timing, Timings};
use crate::usual::{MEMCHR, MEMCPY};
use crate::writer::{Command, WRITERS};

/// What was counted, by the words of the case.
pub(crate) type Counted = BTreeMap<Key, Counts>;

/// What makes the columns of one table comparable.
const SAME_STREAM: &str = "One reply after the other, so many that every column has as many bytes, cut at the same \
    places, in a buffer with room for the largest reply.\n\n";

/// Why a row has an aim and need not hold.
const AIM_ONLY: &str = "\n\
    Random reads of 1 to 64 bytes beside hiredis without objects are an aim only. It leaves a line alone until all of \
    it is there, and gives its caller no content; our decoder checks every byte when it comes, and so it may stop and go \
    on in the middle of each line. For short lines that costs more. For long ones it is what keeps the cost flat, where \
    hiredis searches the line again with every read (the table of lines).\n";

/// What was timed: the ratios that matter first.
pub(crate) fn times(timings: &Timings) -> String {
    let mut text = section(
        "What has to hold",
        &format!(
            "By the least of the rounds.\n\n{}{AIM_ONLY}",
            claimed(&claims::all(timings))
        ),
    );
    for delivery in Delivery::ALL {
        let cell = |name, stream: &Stream| timings.get(&[name, stream.name(), delivery.name()]);
        let what = delivery.description();
        let nanoseconds = streams(|name, stream| cell(name, stream).map(|it| both(*it)));
        let title = format!("{what}: nanoseconds per reply, median (least)");
        text += &section(&title, &nanoseconds);
        let rates = streams(|name, stream| cell(name, stream).map(|it| rate(*it, *stream)));
        text += &section(&format!("{what}: MB/s"), &rates);
    }
    let commands = commands(|key| timings.get(&key).map(|it| both(*it)));
    text += &section("Nanoseconds per command, median (least)", &commands);
    for (delivery, sizes, note) in [
        (IN_SEGMENTS, ARRAYS.as_slice(), SAME_STREAM),
        (IN_CHUNKS, LINES.as_slice(), SAME_STREAM),
        (BULK_IN_SEGMENTS, BULKS.as_slice(), ""),
    ] {
        let columns: Vec<&Size> = sizes.iter().collect();
        let nanoseconds = grid(
            &readers(),
            &columns,
            |size| size.name,
            |name, size| {
                let timing = timings.get(&[name, size.name, delivery])?;
                Some(format!("{:.3} ({:.3})", timing.median, timing.min))
            },
        );
        text += &section(
            &format!("One {delivery}: nanoseconds per byte, median (least)"),
            &format!("{note}{nanoseconds}"),
        );
    }
    text + &section("Where there is no figure", &absences())
}

/// What was counted under valgrind.
pub(crate) fn counts(counted: &Counted) -> String {
    let usual = |name, stream: &Stream| {
        let mut deliveries = Delivery::ALL.into_iter();
        deliveries.find_map(|it| counted.get(&[name, stream.name(), it.name()]))
    };
    let note = "Borrowed replies with the stream in memory, the others in reads of 16 KiB, copying them included.\n\n";
    let instructions =
        streams(|name, stream| Some(format!("{:.0}", usual(name, stream)?.instructions)));
    let allocations =
        streams(|name, stream| Some(format!("{:.2}", usual(name, stream)?.allocations)));
    [
        section("Instructions per reply", &(note.to_owned() + &instructions)),
        section("Allocations per reply", &allocations),
        section(
            "Instructions per command",
            &commands(|key| Some(format!("{:.0}", counted.get(&key)?.instructions))),
        ),
        section(
            "Allocations per command",
            &commands(|key| Some(format!("{:.2}", counted.get(&key)?.allocations))),
        ),
    ]
    .concat()
}

fn section(title: &str, body: &str) -> String {
    format!("\n## {title}\n\n{body}")
}

fn claimed(claims: &[Claim]) -> String {
    let mut text = "| |measured|must|aim|holds|\n|---|---:|---:|---:|---|\n".to_owned();
    for claim in claims {
        let (must, aim) = match claim.bound {
            Bound::AtLeast { must, aim } if aim > must => {
                (format!(">= {must}"), format!(">= {aim}"))
            }
            Bound::AtLeast { must, .. } => (format!(">= {must}"), String::new()),
            Bound::AtMost(most) => (format!("<= {most}"), String::new()),
            Bound::Wished(aim) => (String::new(), format!(">= {aim}")),
        };
        let Claim {
            text: what,
            measured,
            ..
        } = claim;
        let verdict = claim.verdict();
        writeln!(text, "|{what}|{measured:.2}|{must}|{aim}|{verdict}|").expect("a string");
    }
    text
}

/// A table of readers and streams.
fn streams(cell: impl Fn(&'static str, &Stream) -> Option<String>) -> String {
    let columns: Vec<&Stream> = Stream::ALL.iter().collect();
    grid(&readers(), &columns, |stream| stream.name(), cell)
}

/// A table of writers and commands.
fn commands(cell: impl Fn(Key) -> Option<String>) -> String {
    let rows: Vec<_> = WRITERS.iter().map(|writer| writer.name).collect();
    let columns: Vec<&Command> = Command::ALL.iter().collect();
    grid(
        &rows,
        &columns,
        |command| command.name(),
        |name, command| cell([name, command.name(), "buffer"]),
    )
}

/// Everyone who may have a row where replies are read.
fn readers() -> Vec<&'static str> {
    let names = READERS.iter().map(|reader| reader.name);
    names.chain([IN_PLACE, MEMCPY, MEMCHR]).collect()
}

/// A table without the rows that have no figure at all.
fn grid<C>(
    rows: &[&'static str],
    columns: &[&C],
    head: impl Fn(&C) -> &'static str,
    cell: impl Fn(&'static str, &C) -> Option<String>,
) -> String {
    let heads: Vec<_> = columns.iter().map(|column| head(column)).collect();
    let mut text = format!(
        "| |{}|\n|---|{}\n",
        heads.join("|"),
        "---:|".repeat(heads.len())
    );
    for &row in rows {
        let cells: Vec<_> = columns.iter().map(|column| cell(row, column)).collect();
        if cells.iter().any(Option::is_some) {
            let cells = cells
                .into_iter()
                .map(|cell| cell.unwrap_or_else(|| "-".to_owned()));
            let cells: Vec<_> = cells.collect();
            writeln!(text, "|{row}|{}|", cells.join("|")).expect("a string");
        }
    }
    text
}

fn both(timing: Timing) -> String {
    format!("{:.1} ({:.1})", timing.median, timing.min)
}

fn rate(timing: Timing, stream: Stream) -> String {
    let sample = stream.sample(1000);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 bytes")]
    let bytes = sample.bytes.len() as f64 / f64::from(sample.frames);
    // Bytes per nanosecond are GB/s.
    format!("{:.0}", bytes / timing.median * 1000.0)
}

/// Why there is a dash.
fn absences() -> String {
    let mut reasons = Vec::new();
    for reader in READERS {
        let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for stream in Stream::ALL {
            if let Some(reason) = (reader.cannot)(stream) {
                by_reason.entry(reason).or_default().push(stream.name());
            }
        }
        let name = reader.name;
        for (reason, streams) in by_reason {
            reasons.push(format!("* {name}: {reason} ({}).\n", streams.join(", ")));
        }
        if reader.resp2.whole.is_none() {
            reasons.push(format!(
                "* {name}: reads only what was put into a buffer for it.\n"
            ));
        }
        if reader.rescans {
            reasons.push(format!(
                "* {name}: begins a large reply again with each read, or copies what came before.\n"
            ));
        }
    }
    reasons.concat()
}
