"""What a training came to, in one sentence: worth it, nothing beats X here, or too close to call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rerank_core.evaluation.equivalence import DEFAULT_MARGIN
from rerank_core.evaluation.numbers import count, figure, signed
from rerank_core.tuning.answer import Outcome, outcome_of
from rerank_core.tuning.noise import Corrected, corrected

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_EQUAL = 1e-9


@dataclass(frozen=True, slots=True)
class Compared:
    """What is trained against everything that is not.

    `best`: the best of the others, by its mean: the sentence is about that one. `against`: name -> the difference from
    it with its interval, corrected for all of them. `won`, `lost`: queries against `best`.
    """

    best: str
    against: Mapping[str, Corrected]
    won: int
    lost: int
    outcome: Outcome
    sentence: str


def compare(
    name: str, values: Floats, others: Mapping[str, Floats], measure: str, margin: float = DEFAULT_MARGIN, seed: int = 0
) -> Compared:
    """`values`: of what is trained, out of fold; `others`: name -> the same queries; shape (queries,) each.

    The best of the others was picked on these very queries, which favours it: what beats it here beats it for sure.
    """
    best = max(others, key=lambda one: float(others[one].mean()))
    against, _ = corrected({one: values - own for one, own in others.items()}, seed)
    apart = values - others[best]
    won, lost = int((apart > _EQUAL).sum()), int((apart < -_EQUAL).sum())
    found = against[best]
    outcome = outcome_of(found, margin)
    interval = f"95 % CI {signed(found.low)} … {signed(found.high)}"
    tried = f", corrected for {len(others)} comparisons" if len(others) > 1 else ""
    record = f"{count(won)} queries won, {count(lost)} lost"
    seen = "on queries that it did not see"
    gain = f"{signed(found.mean)} {measure}"
    if outcome == "worth it":
        sentence = f"Worth it: the {name} beats the {best} by {gain} {seen} ({interval}{tried}; {record})."
    elif outcome == "not worth it":
        sentence = f"Nothing beats the {best} here: the {name} is {gain} {seen} ({interval}{tried}; {record})."
    else:
        sentence = (
            f"Too close to call: the {name} against the {best} is {gain} {seen} ({interval}{tried}; {record}). Until "
            f"more is graded, the {best} is as good a choice."
        )
    return Compared(best, against, won, lost, outcome, sentence)


def curve_sentence(curve: Mapping[float, Floats], measure: str, seed: int = 0) -> str:
    """Whether more grades would help, by what the second half of them brought. `curve`: share -> values out of fold."""
    shares = sorted(curve)
    half, whole = shares[len(shares) // 2 - 1], shares[-1]
    found = corrected({"more": curve[whole] - curve[half]}, seed)[0]["more"]
    steps = ", ".join(f"{round(share * 100)} %: {figure(float(curve[share].mean()))}" for share in shares)
    gain = f"{signed(found.mean)} {measure}, 95 % CI {signed(found.low)} … {signed(found.high)}"
    if found.low > 0:
        said = "More grades would help"
    elif found.high < DEFAULT_MARGIN:
        said = "More grades of this kind would hardly help"
    else:
        said = "Whether more grades would help cannot be told"
    return f"{said}: from {round(half * 100)} % of the grades to all of them it is {gain} ({steps})."
