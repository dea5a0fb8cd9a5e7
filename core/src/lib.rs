//! Distributed locks on Redis and Valkey: the protocol as state machines, without I/O
