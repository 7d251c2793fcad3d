"""One pair under the glass: why a system gives this passage this score for this query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rerank_core.ranking.occlusion import text_read
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.rerankers.family import Orderer
from rerank_core.rerankers.local.late_interaction import Alignment
from rerank_core.rerankers.rerank import is_blank
from rerank_core.rerankers.seen import seen_end
from rerank_core.systems.systems import System
from rerank_core.types import Doc, Progress, Query, no_progress


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a model tells of one pair.

    `score` is raw; None for a system without scores of its own. `tokens_cut`: tokens of the passage that the model did
    not see, out of `tokens` (None: the model does not count them). `text`: what it was given; `seen`: how many
    characters of it, from the beginning, it did see (None: not known). `alignment`: which query token meets which
    passage token (late interaction), else None. `terms`: what each shared term adds to the score (sparse), else None.
    """

    score: float | None
    tokens_cut: int
    alignment: Alignment | None = None
    terms: tuple[tuple[str, float], ...] | None = None
    tokens: int | None = None
    text: str = ""
    seen: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        aligned = self.alignment
        return {
            "score": self.score,
            "tokens_cut": self.tokens_cut,
            "alignment": None if aligned is None else [aligned.query_tokens, aligned.text_tokens, aligned.similarities],
            "terms": self.terms,
            "tokens": self.tokens,
            "text": self.text,
            "seen": self.seen,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Inspection:
        """The inverse of `to_dict`; what an older version did not write is not known."""
        aligned = plain["alignment"]
        alignment = None
        if aligned is not None:
            query_tokens, text_tokens, rows = aligned
            alignment = Alignment(tuple(query_tokens), tuple(text_tokens), tuple(tuple(row) for row in rows))
        terms = None if plain["terms"] is None else tuple((term, value) for term, value in plain["terms"])
        more = (plain.get("tokens"), plain.get("text", ""), plain.get("seen"))
        return cls(plain["score"], plain["tokens_cut"], alignment, terms, *more)


def inspect_pair(
    pipeline: Pipeline, query: Query, doc: Doc, system: System, progress: Progress = no_progress
) -> Inspection:
    """Ask a system's model about one pair; loads the model where it is not loaded. Raises NotReadyError."""
    scorer = pipeline.scorer(system, progress)
    if scorer is None or isinstance(scorer, Orderer):
        return Inspection(None, 0)
    text, limit = text_read(scorer, doc), scorer.limit
    if getattr(scorer, "skips_blank", False) and is_blank(text):
        return Inspection(None, 0, text=text)
    (score,) = scorer.score(query.text, [text])
    cut = limit.tokens_cut(query.text, [text])[0] if limit is not None else 0
    alignment = scorer.align(query.text, text) if hasattr(scorer, "align") else None
    terms = tuple(scorer.contributions(query.text, text)) if hasattr(scorer, "contributions") else None
    tokens = limit.count([text])[0] if limit is not None else None
    return Inspection(score, cut, alignment, terms, tokens, text, seen_end(limit, query.text, text))
