"""Two systems side by side, query by query: deltas, wins and losses, and how sure one can be of the mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import fsum, sqrt

from rerank_core.evaluation.bootstrap import Interval, mean_interval
from rerank_core.evaluation.equivalence import Equivalence, equivalence
from rerank_core.evaluation.power import detectable_difference, queries_needed
from rerank_core.evaluation.randomisation import holm, randomisation_p

TIE = 1e-9
"""A delta of at most this size is rounding, and so a tie."""


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """`system` minus `baseline` on one measure, over the `n` queries that have a value for both.

    `deltas`: qid -> difference; differences up to `TIE` are 0. `unpaired`: queries left out, as one of the two has no
    value. `mean`: None where n is 0. `spread`: the standard deviation of the deltas (n - 1), None below two queries.
    `interval`: of the mean, 95 %, not corrected for several systems; None below two queries. `p_value`: two-sided,
    None where n is 0. `p_holm`: the same, corrected for the `compared` systems that were compared with the baseline at
    once (equal to `p_value` for one). `detectable`: the difference that n queries would show in 8 of 10 cases.
    `needed`: how many queries would show the mean seen here, None where it is 0 or below two queries. `seed`: of both
    the interval and the test. `equivalence`: whether the two are equal within a margin; None where none was given, or
    nothing can be said.
    """

    baseline: str
    system: str
    measure: str
    n: int
    unpaired: int
    deltas: Mapping[str, float]
    wins: int
    losses: int
    ties: int
    mean: float | None
    spread: float | None
    interval: Interval | None
    p_value: float | None
    p_holm: float | None
    compared: int
    detectable: float | None
    needed: int | None
    seed: int
    equivalence: Equivalence | None = None


def compare(
    baseline_values: Mapping[str, float],
    system_values: Mapping[str, float],
    *,
    baseline: str = "A",
    system: str = "B",
    measure: str = "nDCG@10",
    seed: int = 0,
    margin: float | None = None,
) -> PairedComparison:
    """Compare two systems over qid -> value. Both must have ranked the same candidates: the caller sees to that.

    `margin`: the smallest difference that matters, for the verdict "equal"; None: nobody said, and nothing is equal.
    Raises SettingsError for a margin that is not above 0.

    Deltas are in the order of `system_values`. Any number of queries will do, also none; equal seeds and values give
    equal results.
    """
    deltas = {
        qid: _delta(value, baseline_values[qid]) for qid, value in system_values.items() if qid in baseline_values
    }
    n = len(deltas)
    values = list(deltas.values())
    wins, losses = sum(delta > 0 for delta in values), sum(delta < 0 for delta in values)
    mean = fsum(values) / n if n else None
    spread = _spread(values)
    p_value = randomisation_p(values, seed)
    return PairedComparison(
        baseline=baseline,
        system=system,
        measure=measure,
        n=n,
        unpaired=len(system_values.keys() | baseline_values.keys()) - n,
        deltas=deltas,
        wins=wins,
        losses=losses,
        ties=n - wins - losses,
        mean=mean,
        spread=spread,
        interval=mean_interval(values, seed),
        p_value=p_value,
        p_holm=p_value,
        compared=1,
        detectable=None if spread is None else detectable_difference(spread, n),
        needed=None if spread is None or mean is None else queries_needed(spread, mean),
        seed=seed,
        equivalence=None if margin is None else equivalence(values, margin),
    )


def compare_all(
    values: Mapping[str, Mapping[str, float] | None],
    baseline: str,
    measure: str = "nDCG@10",
    seed: int = 0,
    margin: float | None = None,
) -> dict[str, PairedComparison | None]:
    """Every system against `baseline`: system -> comparison, the baseline itself left out.

    `values`: system -> qid -> value; None: the system failed, and its comparison is None, as all are where the baseline
    failed. All comparisons are over the same queries, those that every system that did not fail has a value for, and
    their p-values are Holm-corrected together, and so are those of equality. `margin`: as in `compare`. Raises KeyError
    for a baseline that is not in `values`.
    """
    others = [name for name in values if name != baseline]
    alive = {name: by_query for name, by_query in values.items() if by_query is not None}
    if values[baseline] is None:
        return dict.fromkeys(others)
    shared = {qid for qid in alive[baseline] if all(qid in by_query for by_query in alive.values())}
    everywhere = set().union(*alive.values())
    common = {
        name: {qid: value for qid, value in by_query.items() if qid in shared} for name, by_query in alive.items()
    }
    comparisons = {
        name: compare(
            common[baseline], common[name], baseline=baseline, system=name, measure=measure, seed=seed, margin=margin
        )
        for name in others
        if name in alive
    }
    corrected = holm(
        {name: comparison.p_value for name, comparison in comparisons.items() if comparison.p_value is not None}
    )
    equal = {name: one.equivalence for name, one in comparisons.items() if one.equivalence is not None}
    equal_p = holm({name: one.p_value for name, one in equal.items()})
    full = {
        name: replace(
            comparison,
            p_holm=corrected.get(name),
            compared=len(comparisons),
            unpaired=len(everywhere) - len(shared),
            equivalence=replace(equal[name], p_holm=equal_p[name]) if name in equal else None,
        )
        for name, comparison in comparisons.items()
    }
    return {name: full.get(name) for name in others}


def _delta(value: float, base: float) -> float:
    delta = value - base
    return delta if abs(delta) > TIE else 0.0


def _spread(values: list[float]) -> float | None:
    if len(values) < 2:
        return None
    mean = fsum(values) / len(values)
    return sqrt(fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
