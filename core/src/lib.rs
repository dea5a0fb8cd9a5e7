//! Distributed locks on Redis and Valkey: the protocol as state machines, without I/O.
#![no_std]

extern crate alloc;

pub mod script;
