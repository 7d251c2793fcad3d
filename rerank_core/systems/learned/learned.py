"""A learned blend at work on one query."""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum

from rerank_core.systems.composites.member_calls import MemberCalls, Outcome
from rerank_core.systems.learned.features import pair_features
from rerank_core.systems.learned.spec import Learned
from rerank_core.types import Doc, Query, Ranking


def learned(spec: Learned, query: Query, candidates: Ranking, docs: Mapping[str, Doc], calls: MemberCalls) -> Outcome:
    """Best sum first; equal sums keep candidate order. Parts: weight * value of each feature; they sum to the score."""
    rankings = {system: calls.rank(system, candidates) for system in spec.systems}
    values = pair_features([name for name, _ in spec.weights], query, candidates, docs, rankings)
    parts = {
        docid: {name: weight * values[name][docid] for name, weight in spec.weights} for docid in candidates.docids
    }
    scores = {docid: fsum(own.values()) for docid, own in parts.items()}
    order = sorted(candidates.docids, key=lambda docid: -scores[docid])
    return Outcome(calls.placed(order, scores, parts))
