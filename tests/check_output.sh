#!/usr/bin/env bash
# usage: check_output.sh <program> [<file>]
# Runs a program in an empty folder. It must succeed, and write exactly what the file holds to stdout.
set -euo pipefail

program=$1
expected=${2-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

if [[ -z $expected ]]; then
  (cd "$folder" && "$program")
else
  (cd "$folder" && "$program" >"$folder/output")
  diff -u "$expected" "$folder/output"
fi
