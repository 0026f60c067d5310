#!/usr/bin/env bash
# Runs check_models.py in the virtual environment that `./dev test` makes; 77: there is none.
set -euo pipefail
python="$1/bin/python"
shift
if ! "$python" -c 'import numpy, onnx, onnxruntime' 2>/dev/null; then
  echo "skipped: $python has no onnx and onnxruntime; \`./dev test\` installs them from PyPI"
  exit 77
fi
exec "$python" "$(dirname "$0")/check_models.py" "$@"
