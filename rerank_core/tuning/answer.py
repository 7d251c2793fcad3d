"""What a search came to, in one sentence: worth it, not worth it here, or too close to call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rerank_core.evaluation.equivalence import DEFAULT_MARGIN
from rerank_core.evaluation.numbers import signed
from rerank_core.tuning.noise import Corrected

Outcome = Literal["worth it", "not worth it", "too close to call"]
SURE = 0.05


@dataclass(frozen=True, slots=True)
class Answer:
    """One system's answer. `outcome` decides; `sentence` says it with its numbers."""

    outcome: Outcome
    sentence: str


def outcome_of(found: Corrected, margin: float = DEFAULT_MARGIN) -> Outcome:
    """Worth it: the interval lies above 0, and chance is an unlikely reason.

    Not worth it: the gain is below `margin` for sure. Else too close to call.
    """
    if found.low > 0 and found.p_value < SURE:
        return "worth it"
    return "not worth it" if found.high < margin else "too close to call"


def answer(
    system: str,
    baseline: str,
    measure: str,
    found: Corrected,
    holds: float,
    seconds: float | None,
    margin: float = DEFAULT_MARGIN,
    tried: int = 1,
) -> Answer:
    """The answer for a tuned `system` against the tuned `baseline`.

    `holds`: the share of splits whose held-out half agrees with the sign. `seconds`: the median per query, None where
    not measured. `tried`: how many systems were compared at once.
    """
    outcome = outcome_of(found, margin)
    interval = f"95 % CI {signed(found.low)} … {signed(found.high)}"
    corrected = f", corrected for {tried} systems" if tried > 1 else ""
    numbers = f"{interval}{corrected}"
    cost = f" It costs {seconds * 1000:,.0f} ms per query." if seconds is not None else " Its time was not measured."
    seen = "on queries that the search did not see"
    gain = f"{signed(found.mean)} {measure}"
    if outcome == "worth it":
        share = f"it holds in {holds * 100:.0f} % of the splits"
        return Answer(
            outcome, f"Worth it: tuned {system} beats the {baseline} by {gain} {seen} ({numbers}; {share}).{cost}"
        )
    if outcome == "not worth it":
        what = "is worse than" if found.high < 0 else "gains nothing that matters over"
        least = f"less than {margin:g} does not matter to you"
        return Answer(
            outcome,
            f"Not worth it here: tuned {system} {what} the {baseline} {seen} ({gain}, {numbers}; {least}).",
        )
    return Answer(
        outcome,
        f"Too close to call: tuned {system} against the {baseline} is {gain} {seen} ({numbers}). More graded queries "
        "would tell.",
    )
