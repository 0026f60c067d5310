#!/usr/bin/env bash
# usage: compare.sh [--update] [<program>...]
# Compiles the programs of this folder against libtorch and compares what they print with expected/,
# which the tests compare Sinter's output with; --update writes expected/ instead. Printed modules are
# called sinter::nn::Linear there. libtorch is that of the PyTorch wheel in the Python that SINTER_PEERS
# names (python3 if it names none).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

update=false
if [[ ${1-} == --update ]]; then
  update=true
  shift
fi
programs=("$@")
((${#programs[@]})) || programs=(custom_function dcgan errors indexing mnist tour)

folder=$("${SINTER_PEERS:-python3}" -c 'import os, torch; print(os.path.dirname(torch.__file__))')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

status=0
for name in "${programs[@]}"; do
  "${CXX:-g++}" -std=c++20 -w "-I$folder/include" "-I$folder/include/torch/csrc/api/include" \
    "$name.cpp" -o "$work/$name" "-L$folder/lib" "-Wl,-rpath,$folder/lib" -Wl,--no-as-needed \
    -ltorch -ltorch_cpu -lc10
  (cd "$work" && "./$name" >"$name.raw" 2>"$name.log") || {
    cat "$work/$name.log"
    exit 1
  }
  sed 's/torch::nn::/sinter::nn::/g' "$work/$name.raw" >"$work/$name.txt"
  if $update; then
    cp "$work/$name.txt" "expected/$name.txt"
  elif diff -u "expected/$name.txt" "$work/$name.txt"; then
    printf '%s: libtorch prints what is expected\n' "$name"
  else
    status=1
  fi
done
exit "$status"
