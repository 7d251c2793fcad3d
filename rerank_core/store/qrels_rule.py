"""The qrels rule: which of several judges' grades of one pair counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

QRELS_RULE = (
    "An adjudicated grade counts. Without one it is the median of the judges' grades; where there is an even number of "
    "them and the two in the middle differ, it is the later of these two. A grade by a language model never counts."
)
"""The rule in words, for the pages."""


class Voice(NamedTuple):
    """What one judge says of a pair now. `event`: the row that says so.

    `age`: the row that holds again where `event` is an undo, else `event`: undoing never makes a grade newer than what
    another judge said in between. Voices sort by grade, and by age within a grade.
    """

    grade: int
    age: int
    event: int
    judge: str
    adjudicated: bool


def settle(voices: Iterable[Voice]) -> Voice:
    """The voice whose grade counts; of judges that gave the same grade, the newest. Raises ValueError without any.

    `voices`: one per judge, and their adjudication beside it where they also adjudicated; none of a language model.
    """
    ordered = sorted(voices)
    if not ordered:
        raise ValueError("nobody has graded this pair")
    if len(ordered) == 1:
        return ordered[0]
    adjudicated = [voice for voice in ordered if voice.adjudicated]
    if adjudicated:
        return max(adjudicated, key=_age)
    low, high = _newest(ordered, (len(ordered) - 1) // 2), _newest(ordered, len(ordered) // 2)
    return high if high.age > low.age else low


def _newest(ordered: list[Voice], place: int) -> Voice:
    """The newest voice that has the grade at this place."""
    while place + 1 < len(ordered) and ordered[place + 1].grade == ordered[place].grade:
        place += 1
    return ordered[place]


def _age(voice: Voice) -> int:
    return voice.age
