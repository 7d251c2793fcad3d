"""The settings that rows of local models share."""

from __future__ import annotations

from dataclasses import replace

from rerank_core.rerankers.catalogue.model import Setting

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
NAMED_PRECISION = Setting(
    "precision",
    "exact",
    "exact: float32, the library's own scores to 1e-5; fast: 16 bit where this machine computes in it, almost the same "
    "order; preview: 8 bit on a CPU, for a first look, near scores may swap.",
    choices=("exact", "fast", "preview"),
    # what workspaces say that were written before the precisions had names
    former=(("float32", "exact"), ("bfloat16", "fast"), ("float16", "fast")),
)
# those of models that read a text alone: 8 bits would move what is kept of passages too far
TEXT_PRECISION = replace(
    NAMED_PRECISION,
    help="exact: float32, the library's own vectors to 1e-5; fast: 16 bit where this machine computes in it, almost "
    "the same order.",
    choices=("exact", "fast"),
)
LOCAL = (MAX_LENGTH, TEXT_PRECISION)
LATE = (*LOCAL, TOKEN_VECTORS)
CUT = Setting(
    "cut",
    "longest_first",
    "What gives way where query and passage together are too long. longest_first: the longer of the two, as "
    "transformers and sentence-transformers do; passage: the passage alone, beside a query of at most three quarters "
    "of max_length, as FlagEmbedding does. They differ only beside a query that is longer than its share.",
    choices=("longest_first", "passage"),
)
CROSS = (MAX_LENGTH, NAMED_PRECISION, CUT)
# those of models whose authors run them through FlagEmbedding
BGE_CROSS = (MAX_LENGTH, NAMED_PRECISION, replace(CUT, default="passage"))
# FlagEmbedding's default length; an empty one, once this row's default, was the model's own
_M3_LENGTH = replace(MAX_LENGTH, default=512, help="The longest input in tokens.", high=8192, former=((None, 8192),))
BGE_M3_CROSS = (_M3_LENGTH, *BGE_CROSS[1:])
REMOTE = Setting("trust_remote_code", False, "Allow this model to run the Python code that comes with it.")
