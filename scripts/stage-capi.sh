#!/usr/bin/env bash
# scripts/stage-capi.sh PREFIX [LIBRARIES]: lays the C library out under PREFIX as it is installed:
# include/, lib/, lib/pkgconfig/, lib/cmake/noxrun/. LIBRARIES is the folder that has libnoxrun.a
# and libnoxrun.so; without it they are built in release mode.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
prefix=${1:?usage: scripts/stage-capi.sh PREFIX [LIBRARIES]}
libraries=${2:-}
if [ -z "$libraries" ]; then
  cargo build --locked --release -p noxrun-capi
  libraries=${CARGO_TARGET_DIR:-target}/release
fi
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

mkdir -p "$prefix/include" "$prefix/lib/pkgconfig" "$prefix/lib/cmake/noxrun"
cp crates/capi/include/noxrun.h "$prefix/include/"
cp "$libraries/libnoxrun.a" "$libraries/libnoxrun.so" "$prefix/lib/"
cp crates/capi/cmake/noxrunConfig.cmake "$prefix/lib/cmake/noxrun/"
# What a program that links the static library needs besides; `rustc --print native-static-libs`
# names them. libasound is loaded at run time: functions of the alsa crate that nobody calls, and
# libasound's names with them, fall away with unused sections.
sed -e "s/@VERSION@/$version/" -e 's/@STATIC_LIBS@/-Wl,--gc-sections -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc/' \
  crates/capi/noxrun.pc.in > "$prefix/lib/pkgconfig/noxrun.pc"
