"""Where each document stands in several rankings of one query, and how far it went from the baseline's place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One document. `grade` None: ungraded, which is not grade 0.

    `ranks`: system -> rank from 1; None: that system did not return it. `changes`: system -> places above (positive) or
    below the baseline's rank; None for the baseline itself and where one of the two did not return it.
    """

    docid: str
    grade: int | None
    ranks: Mapping[str, int | None]
    changes: Mapping[str, int | None]


def document_rows(
    orders: Mapping[str, Sequence[str]], grades: Mapping[str, int], baseline: str, top: int = 10
) -> list[DocumentRow]:
    """One row per document in the first `top` places of any system: by the baseline's rank, then by the best rank.

    `orders`: system -> docids, best first. `baseline` need not be among them: then nothing has a change.
    """
    places = {system: {docid: rank for rank, docid in enumerate(order, 1)} for system, order in orders.items()}
    base = places.get(baseline, {})
    rows = []
    for docid in dict.fromkeys(docid for order in orders.values() for docid in order[:top]):
        ranks = {system: rank_of.get(docid) for system, rank_of in places.items()}
        changes = {system: _change(base.get(docid), rank) for system, rank in ranks.items()}
        rows.append(DocumentRow(docid, grades.get(docid), ranks, {**changes, baseline: None}))
    last = max(map(len, orders.values()), default=0) + 1
    return sorted(rows, key=lambda row: (base.get(row.docid, last), min(r for r in row.ranks.values() if r)))


STEPS = ((20, None), (10, 19), (4, 9), (1, 3))
"""How far a document went, the farthest first: at least, at most."""


def step_names() -> list[str]:
    """The names of the steps, from the farthest fall to the farthest rise."""
    names = [f"{low}–{high}" if high else f"{low}+" for low, high in STEPS]
    return [f"▼ {name}" for name in names] + ["same"] + [f"▲ {name}" for name in reversed(names)]


def step_of(change: int) -> str:
    """The name of the step that a change in rank (positive: up) falls into."""
    if not change:
        return "same"
    far = abs(change)
    low, high = next((low, high) for low, high in STEPS if far >= low)
    return f"{'▲' if change > 0 else '▼'} {low}{f'–{high}' if high else '+'}"


@dataclass(frozen=True, slots=True)
class RankChanges:
    """How far the documents in the first `top` of the baseline or the system went, over `queries` queries.

    `counts`: (step, kind) -> documents, with the kinds of `KINDS`. `gone`: in one top, and not returned by the other.
    """

    top: int
    queries: int
    counts: Mapping[tuple[str, str], int]
    gone: int


RELEVANT, NOT_RELEVANT, UNGRADED = KINDS = ("relevant", "graded not relevant", "ungraded")


def rank_changes(
    pairs: Iterable[tuple[Sequence[str], Sequence[str], Mapping[str, int]]], level: int = 1, top: int = 10
) -> RankChanges:
    """Count the changes over queries. `pairs`: (baseline's docids, system's docids, docid -> grade) of each query.

    `level`: the lowest relevant grade.
    """
    counts: Counter[tuple[str, str]] = Counter()
    gone = queries = 0
    for before, after, grades in pairs:
        queries += 1
        old, new = ({docid: rank for rank, docid in enumerate(order, 1)} for order in (before, after))
        for docid in dict.fromkeys((*before[:top], *after[:top])):
            change = _change(old.get(docid), new.get(docid))
            if change is None:
                gone += 1
            else:
                counts[step_of(change), _kind(grades.get(docid), level)] += 1
    return RankChanges(top, queries, dict(counts), gone)


def _change(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else before - after


def _kind(grade: int | None, level: int) -> str:
    return UNGRADED if grade is None else RELEVANT if grade >= level else NOT_RELEVANT
