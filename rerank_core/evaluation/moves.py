"""What moved: the passage that explains most of a query's difference in nDCG@k between two rankings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rerank_core.evaluation.formulas import check_ranking, checked_grades, discount, linear_gain


@dataclass(frozen=True, slots=True)
class Move:
    """A passage of grade `grade` at rank `before` and at rank `after` (from 1; None: not in that ranking).

    `gain`: what its move adds to DCG@k, negative where it takes away.
    """

    docid: str
    grade: int
    before: int | None
    after: int | None
    gain: float


def biggest_move(before: Sequence[str], after: Sequence[str], grades: Mapping[str, int], k: int = 10) -> Move | None:
    """The relevant passage whose move changes DCG@k most, in the direction in which the whole of it changed.

    `before` and `after`: docids, best first. Where DCG@k is the same, the largest move of either direction; of equal
    moves the one that stands higher in `after`, then in `before`. None where no relevant passage changed its weight.
    Raises BadInputError for a document that stands twice and for a grade that is not a whole number.
    """
    check_ranking(before)
    check_ranking(after)
    grades = checked_grades(grades)
    old, new = ({docid: rank for rank, docid in enumerate(order, 1)} for order in (before, after))
    moves = []
    for docid in dict.fromkeys((*after, *before)):
        grade = grades.get(docid, 0)
        change = linear_gain(grade) * (_weight(new.get(docid), k) - _weight(old.get(docid), k))
        if change:
            moves.append(Move(docid, grade, old.get(docid), new.get(docid), change))
    total = sum(move.gain for move in moves)
    along = [move for move in moves if move.gain * total > 0] if abs(total) > 1e-9 else moves
    return max(along, key=lambda move: abs(move.gain), default=None)


@dataclass(frozen=True, slots=True)
class WhatMoved:
    """What a person should look at. `best`: see `biggest_move`.

    `wrong`: a passage graded not relevant that came into the first `top` places (`entered`), or left them.
    """

    best: Move | None
    wrong: Move | None
    entered: bool
    top: int


def what_moved(
    before: Sequence[str], after: Sequence[str], grades: Mapping[str, int], k: int = 10, top: int = 3
) -> WhatMoved:
    """The biggest move, and the passage of grade 0 or less that came into the top, or left it, as the query went.

    Where DCG@k is the same, one that came in is named before one that left. Raises as `biggest_move`.
    """
    best = biggest_move(before, after, grades, k)
    entered, left = _wrong_in(before, after, grades, top), _wrong_in(after, before, grades, top)
    if left is not None:
        left = Move(left.docid, left.grade, left.after, left.before, 0.0)
    gain = _dcg(after, grades, k) - _dcg(before, grades, k)
    if gain > 1e-9:
        entered = None
    elif gain < -1e-9:
        left = None
    return WhatMoved(best, entered or left, entered is not None, top)


def _wrong_in(before: Sequence[str], after: Sequence[str], grades: Mapping[str, int], top: int) -> Move | None:
    """The highest passage graded not relevant that is in the first `top` of `after` and not of `before`."""
    old = {docid: rank for rank, docid in enumerate(before, 1)}
    for rank, docid in enumerate(after[:top], 1):
        grade = grades.get(docid)
        if grade is not None and grade <= 0 and docid not in before[:top]:
            return Move(docid, grade, old.get(docid), rank, 0.0)
    return None


def _dcg(order: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    return sum(linear_gain(grades.get(docid)) * discount(rank) for rank, docid in enumerate(order[:k], 1))


def _weight(rank: int | None, k: int) -> float:
    return discount(rank) if rank is not None and rank <= k else 0.0
