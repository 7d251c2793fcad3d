"""Floor: say nothing below it. What scores lower is left out of the answer, and nothing is put in its place."""

from __future__ import annotations

from rerank_core.errors import SettingsError
from rerank_core.systems.composites.member_calls import MemberCalls, Outcome
from rerank_core.systems.composites.spec import Floor
from rerank_core.types import Ranking


def floor(spec: Floor, candidates: Ranking, calls: MemberCalls) -> Outcome:
    """The system's order without the passages whose raw score is below the floor, or that were not scored.

    Measures read what is left: a relevant passage that is left out counts as not found, and a query without an answer
    counts 0. So a floor never raises a measure by itself where the order is by the same scores; what it raises is the
    precision of what is shown. Scores and parts are the system's. Raises SettingsError for an order without scores.
    """
    ranking = calls.rank(spec.system, candidates)
    raw = calls.rank(spec.by, candidates, counted=False) if spec.by else ranking
    scores = {doc.docid: doc.score for doc in raw.docs if doc.score is not None}
    if raw.docs and not scores:
        raise SettingsError(f"{raw.system} gives an order without scores: there is nothing to put a floor under.")
    kept = [doc for doc in ranking.docs if doc.docid in scores and scores[doc.docid] >= spec.floor]
    note = f"{len(ranking.docs) - len(kept)} of {len(ranking.docs)} passages score below {spec.floor:.4g}"
    return Outcome(
        calls.placed(
            [doc.docid for doc in kept],
            {doc.docid: doc.score for doc in kept},
            {doc.docid: doc.parts for doc in kept},
        ),
        (note,),
    )
