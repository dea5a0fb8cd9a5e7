//! One direction of one connection: bytes that were read and not yet written.

use core::time::Duration;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Instant;

use super::{Cut, Link};

/// A lane that holds this much stops reading.
const CAPACITY: usize = 1 << 20;

/// The least time between two bytes of [`Link::OneByte`].
const BYTE_GAP: Duration = Duration::from_micros(50);

/// Bytes that arrived together.
#[derive(Debug)]
struct Chunk {
    arrived: Instant,
    bytes: Vec<u8>,
    /// How many of them were written.
    written: usize,
}

#[derive(Debug, Default)]
pub(super) struct Lane {
    chunks: VecDeque<Chunk>,
    /// Bytes in `chunks`, the written ones of the first included.
    held: usize,
    /// How the source ended, and when.
    end: Option<(Cut, Instant)>,
    /// The end has been passed on, or the sink is gone: nothing moves here any more.
    done: bool,
    /// The sink took less than there was for it.
    blocked: bool,
    /// When the next single byte may go.
    next_byte: Option<Instant>,
}

impl Lane {
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// Whether the source is worth waiting for.
    pub(super) fn wants_source(&self) -> bool {
        !self.done && self.end.is_none() && self.held < CAPACITY
    }

    /// Whether room in the sink is worth waiting for.
    pub(super) fn wants_sink(&self) -> bool {
        !self.done && self.blocked
    }

    /// Reads what the source has, up to the capacity.
    pub(super) fn pull(&mut self, mut source: &TcpStream, now: Instant) {
        let mut buffer = [0; 16 * 1024];
        while self.wants_source() {
            match source.read(&mut buffer) {
                Ok(0) => self.end = Some((Cut::Finish, now)),
                Ok(length) => {
                    self.held += length;
                    self.chunks.push_back(Chunk {
                        arrived: now,
                        bytes: buffer[..length].to_vec(),
                        written: 0,
                    });
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.end = Some((Cut::Reset, now)),
            }
        }
    }

    /// Writes what the link lets through. Answers `Reset` when the source's reset is due to be passed on, which ends
    /// the whole connection.
    pub(super) fn push(&mut self, sink: &TcpStream, link: Link, now: Instant) -> Option<Cut> {
        self.blocked = false;
        if self.done || link == Link::Stall {
            return None;
        }
        if link == Link::Drop {
            self.chunks.clear();
            self.held = 0;
            return None;
        }
        match self.write_due(sink, link, now) {
            Ok(()) => self.pass_end(sink, link, now),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.blocked = true;
                None
            }
            Err(_) => {
                // The sink's own end reaches its peer through the other lane, by the rule of that direction.
                self.done = true;
                None
            }
        }
    }

    /// When this lane has something to do by itself.
    pub(super) fn wake_at(&self, link: Link) -> Option<Instant> {
        if self.done || self.blocked {
            return None;
        }
        let front = self.chunks.front().map(|chunk| chunk.arrived);
        let arrived = front.or(self.end.map(|(_, at)| at))?;
        match link {
            Link::Delay(delay) => Some(arrived + delay),
            Link::Drop | Link::Stall => None,
            Link::OneByte => Some(self.next_byte.map_or(arrived, |at| at.max(arrived))),
            Link::Pass => Some(arrived),
        }
    }

    /// Writes until nothing is due. `WouldBlock` when the sink is full.
    fn write_due(&mut self, mut sink: &TcpStream, link: Link, now: Instant) -> io::Result<()> {
        while self.wake_at(link).is_some_and(|at| at <= now) {
            let Some(chunk) = self.chunks.front_mut() else {
                break;
            };
            let rest = &chunk.bytes[chunk.written..];
            let portion = if link == Link::OneByte {
                &rest[..1]
            } else {
                rest
            };
            match sink.write(portion) {
                Ok(length) => chunk.written += length,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            if link == Link::OneByte {
                self.next_byte = Some(now + BYTE_GAP);
            }
            if chunk.written == chunk.bytes.len() {
                self.held -= chunk.bytes.len();
                self.chunks.pop_front();
            }
        }
        Ok(())
    }

    /// Passes on that the source has ended, once all its bytes are through and it is time.
    fn pass_end(&mut self, sink: &TcpStream, link: Link, now: Instant) -> Option<Cut> {
        let (end, _) = self.end?;
        if !self.chunks.is_empty() || self.wake_at(link).is_some_and(|at| at > now) {
            return None;
        }
        self.done = true;
        if end == Cut::Finish {
            // Fails only where the sink is gone, which the other lane will read.
            let _ = sink.shutdown(Shutdown::Write);
            return None;
        }
        Some(Cut::Reset)
    }
}
