"""Signals: a member's relevance, corrected by how new a passage is, by its source, and by what stands above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum, prod

from rerank_core.errors import NotFoundError
from rerank_core.systems.composites import scaled
from rerank_core.systems.composites.diversity import mmr
from rerank_core.systems.composites.member_calls import MemberCalls, Outcome
from rerank_core.systems.composites.metadata_signals import Signal, authority, recency
from rerank_core.systems.composites.spec import Signals
from rerank_core.types import Doc, Ranking

RELEVANCE, DIVERSITY = "relevance", "diversity"
"""The names of two parts; the others are "recency" and "authority"."""


def signals(spec: Signals, candidates: Ranking, docs: Mapping[str, Doc], calls: MemberCalls) -> Outcome:
    """Best score first; equal scores keep candidate order.

    Raw scores may be negative logits, so that a factor could turn them around: the member's answer is first brought to
    0 to 1 over this query's candidates ("relevance"; by "minmax" the last one has 0, which no factor lifts; "rank" has
    no 0). Then, with `value` as recency or authority give it:

    multiply: score = relevance * product of ((1 - weight) + weight * value) + diversity
    add:      score = relevance + sum of weight * value + diversity

    Parts are these very numbers: "relevance", the factor or addend of "recency" and "authority", and "diversity", 0 or
    less. Notes count the passages whose metadata does not tell.

    Raises SettingsError for a member without scores under "minmax", NotFoundError for a candidate without a passage.
    """
    read = _passages(candidates, docs)
    ranking = calls.rank(spec.member, candidates)
    base = scaled.minmax(ranking) if spec.base == "minmax" else scaled.linear_ranks(ranking)
    corrections, notes = _corrections(spec, read)
    parts: dict[str, dict[str, float]] = {}
    for docid in candidates.docids:
        parts[docid] = {RELEVANCE: base[docid]} | {name: values[docid] for name, values in corrections.items()}
    combine = prod if spec.combine == "multiply" else fsum
    relevance = {docid: combine(values.values()) for docid, values in parts.items()}
    if spec.diversity is None:
        order = sorted(candidates.docids, key=lambda docid: -relevance[docid])
        return Outcome(calls.placed(order, relevance, parts), notes)
    texts = {doc.docid: doc.content for doc in read}
    picks = mmr(relevance, texts, spec.diversity.mmr_lambda, spec.diversity.shingle)
    for pick in picks:
        parts[pick.docid][DIVERSITY] = pick.penalty
    scores = {pick.docid: pick.score for pick in picks}
    return Outcome(calls.placed([pick.docid for pick in picks], scores, parts), notes)


def _corrections(spec: Signals, docs: Sequence[Doc]) -> tuple[dict[str, dict[str, float]], tuple[str, ...]]:
    """Signal -> docid -> factor or addend, and the signals' notes."""
    signals_by_name: dict[str, tuple[Signal, float]] = {}
    if spec.recency is not None:
        signals_by_name["recency"] = recency(spec.recency, docs), spec.recency.weight
    if spec.authority is not None:
        signals_by_name["authority"] = authority(spec.authority, docs), spec.authority.weight
    floor = 1.0 if spec.combine == "multiply" else 0.0
    corrections = {
        name: {docid: floor * (1 - weight) + weight * value for docid, value in signal.values.items()}
        for name, (signal, weight) in signals_by_name.items()
    }
    return corrections, tuple(note for signal, _ in signals_by_name.values() for note in signal.notes)


def _passages(candidates: Ranking, docs: Mapping[str, Doc]) -> list[Doc]:
    for docid in candidates.docids:
        if docid not in docs:
            raise NotFoundError(f"candidate {docid!r} has no passage in this dataset")
    return [docs[docid] for docid in candidates.docids]
