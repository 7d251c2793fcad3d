"""May a change go live: is a system's drop on a measure within what is allowed, and how sure is that?"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from rerank_core.errors import SettingsError
from rerank_core.evaluation.compare import TIE, PairedComparison
from rerank_core.evaluation.numbers import signed

RULE = """The gate looks at the 95 % interval of the mean difference, system minus baseline, over the same queries.
Without --strict it says no only where the whole interval lies below -MAX_DROP: the drop is larger than allowed beyond
doubt. With --strict it says yes only where the whole interval lies at or above -MAX_DROP: a larger drop is ruled out
(a test of non-inferiority). In between the first passes and the second does not."""


@dataclass(frozen=True, slots=True)
class GateDecision:
    """What the gate decides. `passed`: None where it cannot tell, as there is no interval. `reason`: one sentence."""

    passed: bool | None
    reason: str


def gate(comparison: PairedComparison, max_drop: float, strict: bool = False) -> GateDecision:
    """Hold a comparison against the largest drop that is allowed, by `RULE`.

    `max_drop`: 0 or more, in the measure's own unit. A bound that differs from -`max_drop` by rounding is equal to it.
    Fewer than two queries have no interval: there is no answer then. Raises SettingsError for a `max_drop` below 0.
    """
    if not isfinite(max_drop) or max_drop < 0:
        raise SettingsError(f"The largest drop that is allowed must be 0 or more, not {max_drop!r}.")
    names = f"{comparison.system} against {comparison.baseline}"
    interval = comparison.interval
    if interval is None or comparison.mean is None:
        queries = "one query alone" if comparison.n == 1 else "no query with a value for both"
        return GateDecision(None, f"{names}: {queries}, so there is no interval to judge by.")
    seen = f"{signed(comparison.mean)} {comparison.measure}"
    evidence = f"{names}: {seen}, 95 % CI {signed(interval.low)} … {signed(interval.high)}, {comparison.n} queries"
    limit = f"−{max_drop:g}" if max_drop else "0"
    if interval.high < -max_drop - TIE:
        return GateDecision(
            False, f"{evidence}: the drop is larger than {max_drop:g}, as the whole interval is below {limit}."
        )
    if interval.low >= -max_drop - TIE:
        return GateDecision(True, f"{evidence}: a drop of more than {max_drop:g} is ruled out.")
    if strict:
        return GateDecision(False, f"{evidence}: a drop of more than {max_drop:g} is not ruled out, as --strict asks.")
    return GateDecision(True, f"{evidence}: a drop of more than {max_drop:g} is neither shown nor ruled out.")
