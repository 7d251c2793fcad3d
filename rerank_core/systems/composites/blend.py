"""Blend: the weighted sum of what several systems say of a passage."""

from __future__ import annotations

from collections.abc import Callable
from math import fsum

from rerank_core.systems.composites import scaled
from rerank_core.systems.composites.member_calls import MemberCalls, Outcome
from rerank_core.systems.composites.spec import Blend
from rerank_core.types import Ranking


def blend(spec: Blend, candidates: Ranking, calls: MemberCalls) -> Outcome:
    """Best sum first; equal sums keep candidate order.

    score = sum over the members of share * value, share = weight / sum of weights. The value is 1 / (rrf_k + rank) by
    "rank" (reciprocal rank fusion, weighted), else the member's z-score or min-max over this query's candidates. Parts:
    each member's share * value under its id; they sum up to the score. A member of weight 0 is not asked and adds 0.

    Raises SettingsError where a member without scores is blended by its scores.
    """
    total = fsum(member.weight for member in spec.members)
    parts: dict[str, dict[str, float]] = {docid: {} for docid in candidates.docids}
    for member in spec.members:
        values = dict.fromkeys(parts, 0.0)
        if member.weight:
            values = _values(spec)(calls.rank(member.system, candidates))
        for docid, value in values.items():
            parts[docid][member.system] = member.weight / total * value
    scores = {docid: fsum(values.values()) for docid, values in parts.items()}
    order = sorted(candidates.docids, key=lambda docid: -scores[docid])
    return Outcome(calls.placed(order, scores, parts))


def _values(spec: Blend) -> Callable[[Ranking], dict[str, float]]:
    if spec.by == "rank":
        return lambda ranking: scaled.reciprocal_ranks(ranking, spec.rrf_k)
    return {"zscore": scaled.zscore, "minmax": scaled.minmax}[spec.by]
