//! What the times have to show: ratios to the peers, and costs that stay flat.

use crate::delivery::Delivery;
use crate::large::{
    ARRAYS, BULK_IN_SEGMENTS, BULKS, IN_CHUNKS, IN_PLACE, IN_SEGMENTS, LINES, Size,
};
use crate::reader::{Kind, READERS, Reader};
use crate::readers::ours;
use crate::streams::Stream;
use crate::time::Timings;
use crate::writer::{Command, WRITERS};

/// A figure beside its bound.
pub(crate) struct Claim {
    pub(crate) text: String,
    pub(crate) measured: f64,
    pub(crate) bound: Bound,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    /// `aim` is equal to `must` where there is nothing more to wish for.
    AtLeast {
        must: f64,
        aim: f64,
    },
    AtMost(f64),
    /// At least so much would be well, and need not be.
    Wished(f64),
}

impl Claim {
    pub(crate) fn verdict(&self) -> &'static str {
        match self.bound {
            Bound::AtLeast { must, aim } if aim > must && self.measured >= aim => {
                "yes, and the aim"
            }
            Bound::AtLeast { must, .. } if self.measured >= must => "yes",
            Bound::AtMost(most) if self.measured <= most => "yes",
            Bound::Wished(aim) if self.measured >= aim => "the aim",
            Bound::Wished(_) => "not the aim",
            Bound::AtLeast { .. } | Bound::AtMost(_) => "NO",
        }
    }
}

/// All claims for which there are figures: a peer that is not installed has none.
pub(crate) fn all(timings: &Timings) -> Vec<Claim> {
    let figures = Figures { timings };
    let mut claims = figures.lock_replies();
    claims.extend(figures.held_out());
    claims.extend(figures.large());
    claims.extend(figures.commands());
    claims
}

const fn at_least(must: f64, aim: f64) -> Bound {
    Bound::AtLeast { must, aim }
}

struct Figures<'a> {
    timings: &'a Timings,
}

impl Figures<'_> {
    /// Least of a case, in ns per reply: what other programs do to the machine is in the others.
    fn ns(&self, name: &'static str, stream: Stream, delivery: Delivery) -> Option<f64> {
        let timing = self.timings.get(&[name, stream.name(), delivery.name()])?;
        Some(timing.min)
    }

    /// How many times as long as `ours` the fastest of the peers takes: its name and the factor.
    fn fastest(
        &self,
        ours: Reader,
        stream: Stream,
        delivery: Delivery,
        peers: impl Fn(&Reader) -> bool,
    ) -> Option<(&'static str, f64)> {
        let own = self.ns(ours.name, stream, delivery)?;
        let peers = READERS
            .iter()
            .filter(|reader| !reader.is_ours() && peers(reader));
        let factors =
            peers.filter_map(|it| Some((it.name, self.ns(it.name, stream, delivery)? / own)));
        factors.min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// The claim that we are so much faster than the fastest of some peers.
    fn faster(
        &self,
        ours: Reader,
        at: (Stream, Delivery),
        bound: Bound,
        peers: impl Fn(&Reader) -> bool,
    ) -> Option<Claim> {
        let (stream, delivery) = at;
        let (peer, measured) = self.fastest(ours, stream, delivery, peers)?;
        Some(Claim {
            text: format!(
                "{} beside {peer}: {}, {}",
                ours.name,
                stream.name(),
                delivery.description()
            ),
            measured,
            bound,
        })
    }

    fn lock_replies(&self) -> Vec<Claim> {
        let slice = (Stream::LockMix, Delivery::Slice);
        let reads = (Stream::LockMix, Delivery::Reads);
        let named = |name| move |reader: &Reader| reader.name == name;
        [
            self.faster(ours::BORROWED, slice, at_least(2.4, 3.0), |_| true),
            self.faster(
                ours::BORROWED,
                reads,
                at_least(2.0, 3.0),
                named("hiredis without objects"),
            ),
            self.faster(ours::OWNED, reads, at_least(2.0, 3.0), named("redis-async")),
            self.faster(ours::OWNED, reads, at_least(3.0, 4.0), named("resp-rs")),
            self.faster(ours::OWNED, reads, at_least(7.0, 9.0), named("redis-rs")),
            self.faster(
                ours::OWNED,
                reads,
                at_least(1.0, 2.0),
                named("hiredis without objects"),
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn held_out(&self) -> Vec<Claim> {
        let mut claims = Vec::new();
        for stream in [Stream::HeldOut2, Stream::HeldOut3] {
            let at = |delivery| (stream, delivery);
            let shared = |reader: &Reader| reader.kind == Kind::Owned { shared: true };
            let borrowed = |reader: &Reader| reader.kind == Kind::Borrowed;
            let never_slower = at_least(1.0, 1.0);
            let clearly = at_least(1.8, 2.0);
            // Nobody asked for small reads. See the note in the report.
            let in_chunks = if stream == Stream::HeldOut2 {
                Bound::Wished(1.0)
            } else {
                never_slower
            };
            claims.extend(
                [
                    self.faster(ours::OWNED, at(Delivery::Reads), never_slower, |_| true),
                    self.faster(ours::OWNED, at(Delivery::Chunks), in_chunks, |_| true),
                    self.faster(ours::BORROWED, at(Delivery::Slice), clearly, borrowed),
                    self.faster(ours::OWNED, at(Delivery::Reads), clearly, shared),
                ]
                .into_iter()
                .flatten(),
            );
        }
        claims
    }

    /// Costs per byte that must not grow with the size.
    fn large(&self) -> Vec<Claim> {
        let mut claims = Vec::new();
        for ours in [ours::BORROWED, ours::OWNED] {
            for (delivery, sizes, most) in [
                (IN_SEGMENTS, ARRAYS.as_slice(), 1.5),
                (IN_CHUNKS, LINES.as_slice(), 1.3),
            ] {
                claims.extend(self.spread(ours, delivery, sizes).map(|measured| Claim {
                    text: format!(
                        "{}: ns per byte of one {delivery}, largest over least",
                        ours.name
                    ),
                    measured,
                    bound: Bound::AtMost(most),
                }));
            }
        }
        // The bytes in place: to copy so many takes longer than what is asked for on most machines, and the row
        // of the readers is about the row of memcpy.
        claims.extend(BULKS.iter().filter_map(|bulk| {
            let timing = self.timings.get(&[IN_PLACE, bulk.name, BULK_IN_SEGMENTS])?;
            Some(Claim {
                text: format!("{IN_PLACE}: ns per byte, {} {BULK_IN_SEGMENTS}", bulk.name),
                measured: timing.min,
                bound: Bound::AtMost(0.1),
            })
        }));
        claims
    }

    /// Largest over least ns per byte.
    fn spread(&self, ours: Reader, delivery: &'static str, sizes: &[Size]) -> Option<f64> {
        let of = |size: &Size| Some(self.timings.get(&[ours.name, size.name, delivery])?.min);
        let figures: Vec<f64> = sizes.iter().map(of).collect::<Option<_>>()?;
        let largest = figures.iter().copied().max_by(f64::total_cmp)?;
        let least = figures.iter().copied().min_by(f64::total_cmp)?;
        Some(largest / least)
    }

    fn commands(&self) -> Vec<Claim> {
        let mut claims = Vec::new();
        for (ours, must, aim) in [
            ("quorlock prepared", 12.0, 15.0),
            ("quorlock general", 9.0, 10.0),
        ] {
            for command in [Command::Set, Command::Evalsha] {
                let ns = |name| Some(self.timings.get(&[name, command.name(), "buffer"])?.min);
                let Some(own) = ns(ours) else { continue };
                let peers = ["redis-rs", "redis-protocol", "hiredis"];
                let there = WRITERS.iter().filter(|it| peers.contains(&it.name));
                claims.extend(there.filter_map(|peer| {
                    Some(Claim {
                        text: format!("{ours} beside {}: {}", peer.name, command.name()),
                        measured: ns(peer.name)? / own,
                        bound: Bound::AtLeast { must, aim },
                    })
                }));
            }
        }
        claims
    }
}
