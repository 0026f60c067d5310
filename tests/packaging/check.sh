#!/usr/bin/env bash
# Checks that other people's programs can use Sinter. The environment comes from CMakeLists.txt.
set -euo pipefail

usage() {
  cat >&2 <<'TEXT'
usage: check.sh <check> [static|shared]
  install           install this build to a prefix
  add-subdirectory  build, run and install a program that contains Sinter's tree
  find-package      build and run a program that finds an installed Sinter with CMake
  pkg-config        build and run a program that finds an installed Sinter with pkg-config
  generated         compile and run models that were written as C++
  headers           compile each installed header by itself
  umbrella          count the lines of the preprocessed umbrella header; time its compilation
TEXT
  exit 2
}

fail() {
  printf 'check.sh: %s\n' "$*" >&2
  exit 1
}

check=${1-}
kind=${2-}
prefix="$WORK/$kind/prefix"
shared=OFF
[[ $kind == shared ]] && shared=ON

# The consumer's program must run, and load Sinter as a shared library exactly if it is one.
run_consumer() {
  "$1"
  local loaded
  loaded=$(ldd "$1")
  if [[ $kind == shared ]]; then
    grep -q libsinter <<<"$loaded" || fail "$1 does not load libsinter"
  elif grep -q libsinter <<<"$loaded"; then
    fail "$1 loads libsinter, although that is static"
  fi
}

configure_consumer() {
  local build=$1
  shift
  cmake -S "$ROOT/tests/packaging/consumer" -B "$build" -G "$GENERATOR" \
    -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_BUILD_TYPE=Debug "$@"
}

check_install() {
  rm -rf "$prefix"
  cmake --install "$BUILD_DIR" --prefix "$prefix"
}

# Not optimised: what is checked is the build, not the code. Static and shared compile the same objects,
# so the second one finds them in the compiler's cache.
check_add_subdirectory() {
  local build="$WORK/$kind/add_subdirectory"
  export CCACHE_BASEDIR="$ROOT" CCACHE_NOHASHDIR=1
  configure_consumer "$build" -DSINTER_SOURCE="$ROOT" -DBUILD_SHARED_LIBS="$shared" \
    -DSINTER_INSTALL=ON -DSINTER_ONEDNN="$ONEDNN" -DSINTER_ONNX="$ONNX" -DSINTER_OPENMP="$OPENMP" \
    -DCMAKE_CXX_FLAGS_DEBUG=-O0
  cmake --build "$build" --parallel "$(nproc)"
  run_consumer "$build/consumer"
  if [[ $kind != "$BUILD_KIND" ]]; then
    rm -rf "$prefix"
    cmake --install "$build" --prefix "$prefix"
  fi
}

check_find_package() {
  local build="$WORK/$kind/find_package"
  rm -rf "$build"
  configure_consumer "$build" -DCMAKE_PREFIX_PATH="$prefix"
  cmake --build "$build"
  run_consumer "$build/consumer"
}

check_pkg_config() {
  local out="$WORK/$kind/pkg_config"
  mkdir -p "$out"
  local pc static=()
  pc=$(find "$prefix" -name sinter.pc)
  [[ $kind == static ]] && static=(--static)
  export PKG_CONFIG_PATH="${pc%/*}"
  local cflags libs
  read -ra cflags <<<"$(pkg-config --cflags sinter)"
  read -ra libs <<<"$(pkg-config --libs "${static[@]}" sinter)"
  "$CXX" -std=c++20 "$ROOT/tests/packaging/consumer/main.cpp" -o "$out/consumer" \
    "${cflags[@]}" "${libs[@]}"
  LD_LIBRARY_PATH="${pc%/pkgconfig/*}" run_consumer "$out/consumer"
}

# Not optimised either: Sinter's own code is, in the library. One folder is built by its own project.
check_generated() {
  local models="$WORK/generated/models" build="$WORK/generated/build" folder
  rm -rf "$WORK/generated"
  "$GENERATE" "$models"
  cmake -S "$ROOT/tests/packaging/generated" -B "$build" -G "$GENERATOR" -DMODELS="$models" \
    -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 \
    -DCMAKE_PREFIX_PATH="$prefix"
  cmake --build "$build" --parallel "$(nproc)"
  for folder in "$models"/*; do
    printf '%s\n' "${folder##*/}"
    "$build/check_${folder##*/}" "$folder"
  done
  cmake -S "$models/lenet" -B "$build/lenet" -G "$GENERATOR" -DCMAKE_CXX_COMPILER="$CXX" \
    -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DCMAKE_PREFIX_PATH="$prefix"
  cmake --build "$build/lenet"
  "$build/lenet/model" "$models/lenet/weights.safetensors"
}

check_headers() {
  local private
  private=$(find "$prefix/include" -path '*/cpu/*' -o -name '*_internal.h' -o -name '*-inl.h')
  [[ -z $private ]] || fail "private headers are installed: $private"
  find "$prefix/include" -name '*.h' -print0 |
    xargs -0 -P "$(nproc)" -I{} "$CXX" -std=c++20 -Wall -Wextra -Werror -I "$prefix/include" \
      -fsyntax-only -x c++ -include {} /dev/null
}

# Lines are counted without blank ones and line markers (-P), as the figures of other libraries are.
check_umbrella() {
  local lines raw limit=60000
  local source="$WORK/umbrella.cpp"
  printf '#include <sinter/sinter.h>\n' >"$source"
  lines=$("$CXX" -std=c++20 -E -P -I "$BUILD_DIR/include" "$source" | wc -l)
  raw=$("$CXX" -std=c++20 -E -I "$BUILD_DIR/include" "$source" | wc -l)
  printf 'sinter.h preprocesses to %d lines (limit %d; %d without -P)\n' "$lines" "$limit" "$raw"
  ((lines <= limit)) || fail "that is too many"
  TIMEFORMAT='a file that includes sinter.h compiles at -O2 in %R s'
  time "$CXX" -std=c++20 -O2 -I "$BUILD_DIR/include" -c "$source" -o "$WORK/umbrella.o"
}

mkdir -p "$WORK"
case "$check" in
  install) check_install ;;
  add-subdirectory) check_add_subdirectory ;;
  find-package) check_find_package ;;
  pkg-config) check_pkg_config ;;
  generated) check_generated ;;
  headers) check_headers ;;
  umbrella) check_umbrella ;;
  *) usage ;;
esac
