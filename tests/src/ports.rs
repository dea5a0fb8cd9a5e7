//! Loopback ports that stay ours while nobody listens on them.

use core::hash::{BuildHasher, Hasher};
use core::net::Ipv4Addr;
use std::collections::HashSet;
use std::hash::RandomState;
use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};

/// Below the range from which Linux takes the ports of outgoing connections (32768 to 60999 by default): a port of
/// that range could be taken by any connection while the server that owns it is down for a restart.
const FIRST: u16 = 10_000;
const COUNT: u16 = 20_000;

/// A port of 127.0.0.1 on which nobody listens, never handed out twice by this process.
///
/// Another process may still take it before it is used, so whoever binds it must be ready to ask for another.
#[must_use]
pub fn free() -> u16 {
    static TAKEN: Mutex<Option<HashSet<u16>>> = Mutex::new(None);
    let mut guard = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    let taken = guard.get_or_insert_default();
    for _ in 0..COUNT {
        // `RandomState` is the randomness std has to offer; two test processes rarely draw the same port.
        let draw = RandomState::new().build_hasher().finish() % u64::from(COUNT);
        let port = FIRST + u16::try_from(draw).expect("a remainder below COUNT");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() && taken.insert(port) {
            return port;
        }
    }
    panic!("no free port on 127.0.0.1 from {FIRST} on, in {COUNT} draws");
}
