//! Distributed locks on Redis and Valkey for smol
