#![allow(clippy::unwrap_used, reason = "a test may fail this way")]

use core::task::Waker;
use std::collections::VecDeque;

use super::*;
use crate::address::Address;

/// A peer that follows a script, and then is silent.
#[derive(Default)]
struct Script {
    reads: VecDeque<io::Result<&'static [u8]>>,
    writes: VecDeque<io::Result<usize>>,
}

impl Stream for Script {
    fn poll_read(&mut self, _: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let Some(read) = self.reads.pop_front() else {
            return Poll::Pending;
        };
        Poll::Ready(read.map(|bytes| {
            buffer
                .get_mut(..bytes.len())
                .unwrap()
                .copy_from_slice(bytes);
            bytes.len()
        }))
    }

    fn poll_write(&mut self, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        self.writes.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

fn link(script: Script) -> Link {
    let place = Place::Fixed(Address::Unix("/s".into()));
    let mut link = Link::new(NodeId::new(0).unwrap(), place);
    link.state = State::Up(Box::new(script));
    link.output.extend_from_slice(b"request");
    link.wake();
    link
}

fn receive(link: &mut Link) -> News {
    let mut cx = Context::from_waker(Waker::noop());
    link.receive(&mut cx, &mut vec![0; 16 * 1024]);
    link.take_news()
}

fn send(link: &mut Link) -> bool {
    link.send(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn after_a_failed_write_the_last_words_are_read_first() {
    let words: &[u8] = b"-ERR max number of clients reached\r\n";
    let mut link = link(Script {
        reads: [Ok(words)].into(),
        writes: [Ok(3), Err(io::ErrorKind::BrokenPipe.into())].into(),
    });
    assert!(send(&mut link));
    assert_eq!(link.output, b"uest"[..]);
    assert!(!link.is_read());
    let news = receive(&mut link);
    assert!(news.received);
    assert_eq!(link.input, words);
    assert_eq!(news.failed.as_deref(), Some("broken pipe"));
    assert!(!send(&mut link), "nothing is written to what is broken");
}

#[test]
fn the_end_of_the_stream_comes_after_what_was_sent() {
    let mut link = link(Script {
        reads: [Ok(&b"+O"[..]), Ok(b"K\r\n"), Ok(b"")].into(),
        ..Script::default()
    });
    let news = receive(&mut link);
    assert_eq!(link.input, b"+OK\r\n"[..]);
    let reason = "the server closed the connection";
    assert!(news.received && !news.connected);
    assert_eq!(news.failed.as_deref(), Some(reason));
}

#[test]
fn a_write_that_waits_does_not_keep_from_reading() {
    let mut link = link(Script {
        reads: [Ok(&b"+OK\r\n"[..])].into(),
        ..Script::default()
    });
    assert!(!send(&mut link));
    assert!(receive(&mut link).received);
    assert!(link.is_read());
}

#[test]
fn a_peer_that_never_stops_is_left_for_the_others_after_a_while() {
    let chunk: &[u8] = &[b'x'; 1_000];
    let chunks = 100;
    let mut link = link(Script {
        reads: (0..chunks).map(|_| Ok(chunk)).collect(),
        ..Script::default()
    });
    receive(&mut link);
    let first = link.input.len();
    assert!(!link.is_read());
    assert!(
        (READ_PER_TURN..READ_PER_TURN + chunk.len()).contains(&first),
        "{first}"
    );
    receive(&mut link);
    assert_eq!(link.input.len(), chunks * chunk.len());
    assert!(link.is_read());
}

#[test]
fn what_belongs_to_an_old_connection_is_forgotten() {
    let mut link = link(Script {
        reads: [Ok(&b"+half"[..])].into(),
        ..Script::default()
    });
    let mut cx = Context::from_waker(Waker::noop());
    assert!(link.receive(&mut cx, &mut [0; 100]));
    link.disconnect();
    assert!(link.input.is_empty() && link.output.is_empty());
    assert!(!link.take_news().any());
    assert!(!link.receive(&mut cx, &mut [0; 100]));
}
