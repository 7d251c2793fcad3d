"""What carries a score: the passage with each sentence left out in turn, as the model scores it then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.rerankers.family import Orderer, Scorer
from rerank_core.rerankers.seen import seen_end, sentences
from rerank_core.systems.systems import System
from rerank_core.types import Doc, Progress, Query, Ranking, no_progress

CHUNK = 16


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
            "sentences": [[one.start, one.end, one.change] for one in self.sentences],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Occlusion:
        """The inverse of `to_dict`."""
        return cls(plain["text"], plain["score"], tuple(Sentence(*one) for one in plain["sentences"]))


def why_not(system: System) -> str:
    """Why sentences cannot be left out for this system, as a sentence for a person; "" where they can."""
    if system.spec is not None:
        return f"{system.label} is made of other systems: choose one of them to see what its sentences add."
    if system.model.hosting == "api":
        return f"{system.label} is a service: a call for each sentence would cost money, so none is made."
    return ""


def occlude(pipeline: Pipeline, query: Query, doc: Doc, system: System, progress: Progress = no_progress) -> Occlusion:
    """Score the passage without each of its sentences; loads the model where it is not loaded.

    Raises SettingsError for a system that scores no passage by itself (see `why_not`), NotReadyError, and whatever
    `progress` raises.
    """
    if problem := why_not(system):
        raise SettingsError(problem)
    scorer = pipeline.scorer(system, progress)
    if scorer is None or isinstance(scorer, Orderer) or getattr(scorer, "together", False):
        raise SettingsError(f"{system.label} gives a passage no score of its own, so no sentence can be left out.")
    text = text_read(scorer, doc)
    seen = text[: seen_end(scorer.limit, query.text, text)]
    spans = sentences(text)
    inside = [(start, min(end, len(seen))) for start, end in spans if start < len(seen)]
    without = [seen[:start] + seen[end:] for start, end in inside]
    (score,) = scorer.score(query.text, [seen])
    changes: list[float] = []
    for start in range(0, len(without), CHUNK):
        progress(start, len(without), f"{system.label}: one sentence left out at a time")
        changes += [value - score for value in scorer.score(query.text, without[start : start + CHUNK])]
    changed = [Sentence(start, end, change) for (start, end), change in zip(inside, changes, strict=True)]
    unseen = [Sentence(max(start, len(seen)), end, None) for start, end in spans if end > len(seen)]
    return Occlusion(text, float(score), (*changed, *unseen))


def text_read(scorer: Scorer | Orderer, doc: Doc) -> str:
    """What a reranker is given of a passage, before anything is cut."""
    read = getattr(scorer, "document", None)
    return str(read(doc)) if read is not None else doc.content


def rank_with(ranking: Ranking, docid: str, score: float) -> int:
    """The rank that a passage would have with another score, the others as they are; equal scores stand above it."""
    return 1 + sum(doc.docid != docid and doc.score is not None and doc.score >= score for doc in ranking.docs)
