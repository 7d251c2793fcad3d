"""Cascade: a quick system keeps the best n, a slower one finishes; as many stages as wanted."""

from __future__ import annotations

from dataclasses import replace

from rerank_core.systems.composites.member_calls import MemberCalls, Outcome
from rerank_core.systems.composites.spec import Cascade
from rerank_core.types import Ranking


def cascade(spec: Cascade, candidates: Ranking, calls: MemberCalls) -> Outcome:
    """The last stage's order, and below it those cut at each stage, the latest cut first, in their stage's order.

    So every candidate has a place, and measures at any depth are defined. Each stage gets the survivors in the order
    of the stage before, so that equal scores keep that order. The score is the last stage's raw one, None for passages
    that it did not read: scores of two stages cannot be compared. Parts: "stage" (from 1) that placed the passage, and
    for each stage that read it "rank after <system>" and "score by <system>" (where it has one); a composite stage's
    own parts stand under "<system>: <part>".
    """
    survivors = candidates
    below: tuple[str, ...] = ()
    scores: dict[str, float | None] = {}
    parts: dict[str, dict[str, float]] = {docid: {} for docid in candidates.docids}
    notes = []
    for number, stage in enumerate(spec.stages, 1):
        ranking = calls.rank(stage.system, survivors)
        for rank, doc in enumerate(ranking.docs, 1):
            doc_parts = parts[doc.docid]
            doc_parts |= {"stage": float(number), f"rank after {stage.system}": float(rank)}
            if doc.score is not None:
                doc_parts[f"score by {stage.system}"] = doc.score
            doc_parts |= {f"{stage.system}: {name}": value for name, value in doc.parts.items()}
        keep = len(ranking.docs) if stage.keep is None else min(stage.keep, len(ranking.docs))
        below = ranking.docids[keep:] + below
        scores |= dict.fromkeys(ranking.docids[keep:])
        notes.append(_note(number, stage.system, len(ranking.docs), keep, last=stage.keep is None))
        survivors = replace(ranking, docs=ranking.docs[:keep])
    scores |= {doc.docid: doc.score for doc in survivors.docs}
    return Outcome(calls.placed(survivors.docids + below, scores, parts), tuple(notes))


def _note(number: int, system: str, read: int, kept: int, last: bool) -> str:
    end = "placed them" if last else f"kept {kept}"
    return f"stage {number}: {system} read {read} passages and {end}"
