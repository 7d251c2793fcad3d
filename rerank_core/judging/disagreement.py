"""Which pairs judges grade differently, the widest apart first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A pair with at least two different grades. `grades`: judge -> grade, by name. `spread`: highest less lowest."""

    qid: str
    docid: str
    grades: Mapping[str, int]
    spread: int


def disagreements(graded: Mapping[tuple[str, str], Mapping[str, int]]) -> list[Disagreement]:
    """Where judges differ; `graded`: (qid, docid) -> judge -> grade.

    The widest spread first, then where more judges graded, then by qid and docid.
    """
    found = [
        Disagreement(qid, docid, dict(sorted(grades.items())), max(grades.values()) - min(grades.values()))
        for (qid, docid), grades in graded.items()
        if len(set(grades.values())) > 1
    ]
    return sorted(found, key=lambda one: (-one.spread, -len(one.grades), one.qid, one.docid))
