"""One pair asked of a system's model: its score and what carries it, and the score without each of its sentences."""

from __future__ import annotations

from rerank_core.errors import SettingsError
from rerank_core.experiment.inspection import Inspection, Occlusion, Sentence, why_not
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.rerankers.family import Scorer
from rerank_core.rerankers.rerank import is_blank
from rerank_core.rerankers.tokens import seen_end, sentences
from rerank_core.systems.systems import System
from rerank_core.types import Doc, Progress, Query, no_progress

CHUNK = 16


def occlude(pipeline: Pipeline, query: Query, doc: Doc, system: System, progress: Progress = no_progress) -> Occlusion:
    """Score the passage without each of its sentences; loads the model where it is not loaded.

    Raises SettingsError for a system that scores no passage by itself (see `why_not`), NotReadyError, and whatever
    `progress` raises.
    """
    if problem := why_not(system):
        raise SettingsError(problem)
    scorer = pipeline.scorer(system, progress)
    if not isinstance(scorer, Scorer) or scorer.together:
        raise SettingsError(f"{system.label} gives a passage no score of its own, so no sentence can be left out.")
    text = scorer.document(doc)
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


def inspect_pair(
    pipeline: Pipeline, query: Query, doc: Doc, system: System, progress: Progress = no_progress
) -> Inspection:
    """Ask a system's model about one pair; loads the model where it is not loaded. Raises NotReadyError."""
    scorer = pipeline.scorer(system, progress)
    if not isinstance(scorer, Scorer):
        return Inspection(None, 0)
    text, limit = scorer.document(doc), scorer.limit
    if scorer.skips_blank and is_blank(text):
        return Inspection(None, 0, text=text)
    (score,) = scorer.score(query.text, [text])
    cut = limit.tokens_cut(query.text, [text])[0] if limit is not None else 0
    alignment, parts = scorer.align(query.text, text), scorer.contributions(query.text, text)
    terms = tuple(parts) if parts is not None else None
    tokens = limit.count([text])[0] if limit is not None else None
    return Inspection(score, cut, alignment, terms, tokens, text, seen_end(limit, query.text, text))
