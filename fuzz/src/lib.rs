//! What the fuzz targets check. Each public module is one target: `check` takes the fuzzer's bytes and
//! panics on a finding. The targets in `fuzz_targets/` only call it, and so does the replay in `tests/`.

pub mod chunks;
mod client;
pub mod decode;
pub mod differential;
mod intent;
mod lifecycle;
pub mod limits;
pub mod machine;
pub mod node;
pub mod roundtrip;
pub mod session;
mod stream;
pub mod tree;
