"""The settings that rows of local models share."""

from __future__ import annotations

from dataclasses import replace

from rerank_core.rerankers.model import Setting

MAX_LENGTH = Setting("max_length", None, "The longest input in tokens; empty: the model's own.", low=16, high=131072)
PRECISION = Setting(
    "precision",
    "float32",
    "float32 is exact; bfloat16 is about twice as fast on new CPUs and GPUs; float16 only on a GPU.",
    choices=("float32", "bfloat16", "float16"),
)
HALF_PRECISION = replace(PRECISION, default="bfloat16")
LOCAL = (MAX_LENGTH, PRECISION)
NAMED_PRECISION = Setting(
    "precision",
    "exact",
    "exact: float32, the library's own scores to 1e-5; fast: 16 bit where this machine computes in it, almost the same "
    "order; preview: 8 bit on a CPU, for a first look, near scores may swap.",
    choices=("exact", "fast", "preview"),
    # what workspaces say that were written before the precisions had names
    former=(("float32", "exact"), ("bfloat16", "fast"), ("float16", "fast")),
)
CROSS = (MAX_LENGTH, NAMED_PRECISION)
REMOTE = Setting("trust_remote_code", False, "Allow this model to run the Python code that comes with it.")
