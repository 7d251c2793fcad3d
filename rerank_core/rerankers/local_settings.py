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
TOKEN_VECTORS = Setting(
    "token_vectors",
    "float16",
    "How passages' token vectors are kept: float32 is exact, float16 takes half the space, int8 a quarter. MiniLM, 60 "
    "passages and 60 queries, scores from 1 to 45: float16 moved no score by more than 0.0008 (Kendall tau at least "
    "0.998), int8 none by more than 0.02 (Kendall tau at least 0.987).",
    choices=("float32", "float16", "int8"),
)
HALF_PRECISION = replace(PRECISION, default="bfloat16")
LOCAL = (MAX_LENGTH, PRECISION)
LATE = (*LOCAL, TOKEN_VECTORS)
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
