"""What moved on one query, in words."""

from __future__ import annotations

from collections.abc import Mapping

from rerank_core.evaluation.moves import Move, WhatMoved


def moved(what: WhatMoved, titles: Mapping[str, str]) -> str:
    """What moved, in one line: "a grade-3 passage from 9 to 1 (Returns policy); a grade-0 into the top 3 (Shipping)".

    `titles`: docid -> title; the docid stands where there is none.
    """

    def name(move: Move) -> str:
        return f"({titles.get(move.docid) or move.docid})"

    parts = []
    if (best := what.best) is not None:
        before, after = (str(rank) if rank is not None else "nowhere" for rank in (best.before, best.after))
        parts.append(f"a grade-{best.grade} passage from {before} to {after} {name(best)}")
    if (wrong := what.wrong) is not None:
        way = "into" if what.entered else "out of"
        parts.append(f"a grade-{wrong.grade} {way} the top {what.top} {name(wrong)}")
    return "; ".join(parts) or "no graded passage moved"
