"""Which queries a model learns from, and which it is measured on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rerank_core.errors import SettingsError
from rerank_core.training.folds import CURVE, folds, one_text, part_of
from rerank_core.tuning.held_out import LEAST_QUERIES
from rerank_core.types import Query

HELD_OUT_PARTS = 4
"""One query in four is held out; the model that is measured on those is the one that is kept."""


@dataclass(frozen=True, slots=True)
class Part:
    """One training: `learned` are its queries, `judged` those that it is measured on."""

    learned: tuple[Query, ...]
    judged: tuple[Query, ...]


def split(queries: Sequence[Query], held: Sequence[str] = (), seed: int = 0) -> Part:
    """The training that is kept: the queries of the qids `held` are judged, or a quarter of them by text.

    Raises SettingsError where either side has fewer than five queries.
    """
    part = _held(queries, held) if held else parts(queries, seed)[0]
    if min(len(part.learned), len(part.judged)) < LEAST_QUERIES // HELD_OUT_PARTS:
        raise SettingsError(
            f"{len(part.learned)} queries to learn from and {len(part.judged)} to measure on are too few."
        )
    return part


def parts(queries: Sequence[Query], seed: int = 0) -> list[Part]:
    """Four trainings, each query held out in exactly one; the first one is that of `split`."""
    return [
        Part(
            tuple(query for query, learns in zip(queries, inside, strict=True) if learns),
            tuple(query for query, learns in zip(queries, inside, strict=True) if not learns),
        )
        for inside in folds(queries, HELD_OUT_PARTS, seed)
    ]


def smaller(part: Part, seed: int = 0) -> dict[float, Part]:
    """Share below 1 -> the same training with that share of its queries, each within the next."""
    import numpy as np

    every = np.ones(len(part.learned), dtype=bool)
    found = {}
    for share in CURVE[:-1]:
        kept = part_of(every, share, seed)
        learned = tuple(query for query, learns in zip(part.learned, kept, strict=True) if learns)
        found[share] = Part(learned, part.judged)
    return found


def _held(queries: Sequence[Query], held: Sequence[str]) -> Part:
    asked = set(held)
    texts = {one_text(query) for query in queries if query.qid in asked}
    # a text that is judged is not learned from under another qid
    learned = tuple(query for query in queries if one_text(query) not in texts)
    return Part(learned, tuple(query for query in queries if query.qid in asked))
