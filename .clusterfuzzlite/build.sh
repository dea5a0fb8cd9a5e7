#!/bin/bash -eu
# Builds the fuzz targets for ClusterFuzzLite and OSS-Fuzz, which set SRC and OUT: each target as $OUT/<target>, with its
# dictionary and its committed inputs beside it. Both have the address sanitizer on, for which they bring a nightly
# compiler.
cd "$SRC/quorlock"
cargo fuzz build
binaries=${CARGO_TARGET_DIR:-fuzz/target}/$(rustc -vV | sed -n 's/^host: //p')/release
for target in $(cargo fuzz list); do
    cp "$binaries/$target" "$OUT/"
    cp fuzz/resp.dict "$OUT/$target.dict"
    inputs=()
    for kind in seeds minimised regressions; do
        [ ! -d "fuzz/$kind/$target" ] || inputs+=("fuzz/$kind/$target")
    done
    zip -qr "$OUT/${target}_seed_corpus.zip" "${inputs[@]}"
done
