#!/usr/bin/env bash
# scripts/test-capi.sh: builds the C library, stages it, and builds and runs a C11 program against the
# static library (by pkg-config) and a C++17 program against the shared one (by CMake), each as it is
# and under valgrind. Prints one line a check and the number of exported functions.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

check() {
  local title=$1
  shift
  if "$@" > "$work/log" 2>&1; then
    echo "✔ $title: $(tail -n 1 "$work/log")"
    passed=$((passed + 1))
  else
    echo "✘ $title"
    cat "$work/log"
    failed=$((failed + 1))
  fi
}

need() {
  command -v "$1" > /dev/null && return
  echo "✘ $1 is not there: $2"
  failed=$((failed + 1))
  return 1
}

cd "$work" || exit 1
check 'builds and stages' "$root/scripts/stage-capi.sh" "$work/prefix" "$@"
export PKG_CONFIG_PATH=$work/prefix/lib/pkgconfig LD_LIBRARY_PATH=$work/prefix/lib
strict=(-Wall -Wextra -Wpedantic -Werror -O1 -g)

build_c() {
  # The static library by its name, or the linker would take the shared one beside it.
  # shellcheck disable=SC2046
  cc -std=c11 "${strict[@]}" $(pkg-config --cflags noxrun) "$root/crates/capi/tests/c/test.c" \
    "$work/prefix/lib/libnoxrun.a" $(pkg-config --static --libs noxrun | sed 's/-lnoxrun//') -o test-c &&
    # Where libasound is missing, the program starts all the same.
    ! readelf -d test-c | grep asound
}
build_cpp() {
  cmake -S "$root/crates/capi/tests/c" -B build -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=RelWithDebInfo &&
    cmake --build build
}
# What "possibly lost" names are tables of the standard library that live as long as the process: it
# points into their middle.
checked() {
  valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect \
    --error-exitcode=9 "$@"
}

check 'the C11 program builds' build_c
check 'the C11 program, static' ./test-c "$work/c.wav"
need cmake 'apt-get install cmake' && check 'the C++17 program builds' build_cpp
check 'the C++17 program, shared' build/test-cpp
if need valgrind 'apt-get install valgrind'; then
  check 'no leak and no error in C' checked ./test-c "$work/c.wav"
  check 'no leak and no error in C++' checked build/test-cpp
fi
functions=$(nm -D --defined-only "$work/prefix/lib/libnoxrun.so" | grep -c ' T noxrun_')
others=$(nm -D --defined-only "$work/prefix/lib/libnoxrun.so" | grep ' T ' | grep -vc ' T noxrun_')
echo "exported functions: $functions; others: $others"
if [ "$functions" -lt 10 ] || [ "$functions" -gt 15 ] || [ "$others" -gt 0 ]; then
  echo '✘ 10 to 15 functions are to be exported, and nothing else'
  failed=$((failed + 1))
else
  passed=$((passed + 1))
fi
echo "capi: $passed passed, $failed failed"
exit "$((failed > 0))"
