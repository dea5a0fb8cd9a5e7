//! Finds libhiredis. Where it is missing the crate still builds, and says so when asked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Any failure, that of a missing pkg-config too, means: no hiredis.
    if let Ok(library) = pkg_config::probe_library("hiredis") {
        println!("cargo::rustc-cfg=hiredis");
        println!("cargo::rustc-env=HIREDIS_VERSION={}", library.version);
    }
}
