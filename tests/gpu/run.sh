#!/usr/bin/env bash
# What the engine does on this machine's GPU, in under four minutes: right answers on every path, ratios to the library,
# share of the device's own rate, memory. Needs this repository and a Python with torch, transformers and
# sentence-transformers (FlagEmbedding where it is installed); nothing is downloaded, no model is needed.
#
#   tests/gpu/run.sh                  the GPU, or small shapes on the CPU where there is none
#   PYTHON=/opt/conda/bin/python tests/gpu/run.sh --json result.json
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if [[ -z "${PYTHON:-}" ]]; then
    PYTHON=python3
    [[ -x .venv/bin/python ]] && PYTHON=.venv/bin/python
fi
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false TRANSFORMERS_VERBOSITY=error
exec timeout --signal=INT 235 "$PYTHON" -m tests.gpu.engine_on_device "$@"
