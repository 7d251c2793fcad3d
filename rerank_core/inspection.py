"""One pair under the glass: why a system gives this passage this score for this query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rerank_core.pipeline import Pipeline
from rerank_core.rerankers.family import Orderer
from rerank_core.rerankers.late_interaction import Alignment
from rerank_core.systems import System
from rerank_core.types import Doc, Progress, Query, no_progress


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a model tells of one pair.

    `score` is raw; None for a system without scores of its own. `tokens_cut`: tokens of the passage that the model did
    not see. `alignment`: which query token meets which passage token (late interaction), else None. `terms`: what each
    shared term adds to the score (sparse), else None.
    """

    score: float | None
    tokens_cut: int
    alignment: Alignment | None = None
    terms: tuple[tuple[str, float], ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        aligned = self.alignment
        return {
            "score": self.score,
            "tokens_cut": self.tokens_cut,
            "alignment": None if aligned is None else [aligned.query_tokens, aligned.text_tokens, aligned.similarities],
            "terms": self.terms,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Inspection:
        """The inverse of `to_dict`."""
        aligned = plain["alignment"]
        alignment = None
        if aligned is not None:
            query_tokens, text_tokens, rows = aligned
            alignment = Alignment(tuple(query_tokens), tuple(text_tokens), tuple(tuple(row) for row in rows))
        terms = None if plain["terms"] is None else tuple((term, value) for term, value in plain["terms"])
        return cls(plain["score"], plain["tokens_cut"], alignment, terms)


def inspect_pair(
    pipeline: Pipeline, query: Query, doc: Doc, system: System, progress: Progress = no_progress
) -> Inspection:
    """Ask a system's model about one pair; loads the model where it is not loaded. Raises NotReadyError."""
    scorer = pipeline.scorer(system, progress)
    if scorer is None or isinstance(scorer, Orderer):
        return Inspection(None, 0)
    (score,) = scorer.score(query.text, [doc.content])
    limit = scorer.limit
    cut = limit.tokens_cut(query.text, [doc.content])[0] if limit is not None else 0
    alignment = scorer.align(query.text, doc.content) if hasattr(scorer, "align") else None
    terms = tuple(scorer.contributions(query.text, doc.content)) if hasattr(scorer, "contributions") else None
    return Inspection(score, cut, alignment, terms)
