"""One pair under the glass, as it is shown: what a model tells of it, and what each sentence adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rerank_core.rerankers.family import Alignment
from rerank_core.systems.systems import System
from rerank_core.types import Ranking


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence by its place in the text, in characters. `change`: the score without it minus the score with it.

    Below 0: it lifts the score. None: the model did not see it, so that it changes nothing.
    """

    start: int
    end: int
    change: float | None


@dataclass(frozen=True, slots=True)
class Occlusion:
    """`text`: what the model was given of the passage. `score`: the raw score of the part of it that the model sees.

    Only that part is scored, whole and without each sentence: else what is left out would make room for unseen text.
    """

    text: str
    score: float
    sentences: tuple[Sentence, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "text": self.text,
            "score": self.score,
            "sentences": [[sentence.start, sentence.end, sentence.change] for sentence in self.sentences],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Occlusion:
        """The inverse of `to_dict`."""
        return cls(plain["text"], plain["score"], tuple(Sentence(*sentence) for sentence in plain["sentences"]))


def why_not(system: System) -> str:
    """Why sentences cannot be left out for this system, as a sentence for a person; "" where they can."""
    if system.spec is not None:
        return f"{system.label} is made of other systems: choose one of them to see what its sentences add."
    if system.model.hosting == "api":
        return f"{system.label} is a service: a call for each sentence would cost money, so none is made."
    return ""


def rank_with(ranking: Ranking, docid: str, score: float) -> int:
    """The rank that a passage would have with another score, the others as they are; equal scores stand above it."""
    return 1 + sum(doc.docid != docid and doc.score is not None and doc.score >= score for doc in ranking.docs)


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
