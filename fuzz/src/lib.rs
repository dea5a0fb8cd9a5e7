//! What the fuzz targets check. Each module is one target: `check` takes the fuzzer's bytes and panics
//! on a finding. The targets in `fuzz_targets/` only call it, and so does the replay in `tests/`.

pub mod chunks;
pub mod decode;
pub mod roundtrip;
mod stream;
pub mod tree;
