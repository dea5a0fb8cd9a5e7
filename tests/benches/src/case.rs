//! One thing to measure: who does what.

use core::fmt;

use crate::delivery::Delivery;
use crate::reader::{READERS, Reader};
use crate::streams::Stream;
use crate::writer::{COMMANDS, Command, WRITERS, Writer};

#[derive(Clone, Copy)]
pub(crate) enum Case {
    Read(Reader, Stream, Delivery),
    Write(Writer, Command),
}

impl Case {
    /// The case in the words of [`Self::words`].
    pub(crate) fn named(subject: &str, work: &str, delivery: &str) -> Option<Self> {
        if let Some(writer) = Writer::named(subject)
            && let Some(command) = Command::ALL.into_iter().find(|it| it.name() == work)
        {
            return Some(Self::Write(writer, command));
        }
        let stream = Stream::ALL.into_iter().find(|it| it.name() == work)?;
        let delivery = Delivery::ALL.into_iter().find(|it| it.name() == delivery)?;
        Some(Self::Read(Reader::named(subject)?, stream, delivery))
    }

    /// All that is counted: each reader at its usual delivery, every stream that it can read; each writer.
    pub(crate) fn counted() -> impl Iterator<Item = Self> {
        let reads = READERS.into_iter().flat_map(|reader| {
            let delivery = reader.usual_delivery();
            let able = move |stream: &Stream| reader.way(*stream, delivery).is_some();
            let streams = Stream::ALL.into_iter().filter(able);
            streams.map(move |stream| Self::Read(reader, stream, delivery))
        });
        let writers = WRITERS.into_iter().filter(Writer::is_there);
        reads.chain(writers.flat_map(|it| Command::ALL.map(|command| Self::Write(it, command))))
    }

    /// Subject, work and delivery.
    pub(crate) fn words(self) -> [&'static str; 3] {
        match self {
            Self::Read(reader, stream, delivery) => [reader.name, stream.name(), delivery.name()],
            Self::Write(writer, command) => [writer.name, command.name(), "buffer"],
        }
    }

    /// Does the work so many times over; how many replies or commands one round has.
    pub(crate) fn run(self, rounds: u32) -> u32 {
        /// Enough that what a round costs besides them does not show.
        const FRAMES: u32 = 2000;
        match self {
            Self::Read(reader, stream, delivery) => {
                let sample = stream.sample(FRAMES);
                let way = reader.way(stream, delivery).expect("able");
                let pieces = delivery.pieces(&sample.bytes);
                for _ in 0..rounds {
                    assert_eq!(way.read(&sample.bytes, &pieces), sample.frames, "{self}");
                }
                sample.frames
            }
            Self::Write(writer, command) => {
                (writer.write)(command, rounds);
                COMMANDS
            }
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [subject, work, delivery] = self.words();
        write!(f, "{subject}, {work}, {delivery}")
    }
}
