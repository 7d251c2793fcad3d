"""Figures of an answer that a language model wrote from a context: of the answer, never of the retrieval.

The two are RAGAS's (Es et al. 2024, arXiv 2309.15217), with the judgments they are made from given.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum


def faithfulness(supported: Sequence[bool]) -> float | None:
    """Statements of the answer that the context supports / all its statements, 0 to 1; None without a statement."""
    return sum(supported) / len(supported) if supported else None


def context_precision(useful: Sequence[bool]) -> float | None:
    """How early the passages stand that were useful for the answer, 0 to 1; None where none was.

    `useful`: a flag a passage, in the order of the context. The mean of precision@rank over the useful ranks, which is
    the average precision of the context over what it holds itself.
    """
    hits = [place for place, flag in enumerate(useful, 1) if flag]
    return fsum(number / place for number, place in enumerate(hits, 1)) / len(hits) if hits else None
