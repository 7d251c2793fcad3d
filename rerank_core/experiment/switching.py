"""From system A to system B: is it as good, what does it answer and refuse, and what does it cost.

"The vendor retires A", or "is the cheaper B safe?".
"""

from __future__ import annotations

from rerank_core.errors import SettingsError
from rerank_core.evaluation.compare import compare
from rerank_core.experiment.carried_floor import best_score, carried_over, flips
from rerank_core.experiment.efficiency import Efficiency
from rerank_core.experiment.figures import Figures
from rerank_core.experiment.switched import Switch

DEFAULT_K = 5


def switch(
    figures: Figures,
    before: str,
    after: str,
    *,
    floor: float | None = None,
    precision: float | None = None,
    k: int = DEFAULT_K,
    price_an_hour: float | None = None,
    seed: int = 0,
) -> Switch:
    """What changes with `after` in place of `before`, both systems of the figures.

    `floor`: the raw score below which A shows nothing now; or `precision`: A's floor is the lowest that reaches it.
    Without either there is no floor. Floors are about the first `k` passages. `price_an_hour`: of the machine, US
    dollars. `seed`: of intervals and of the folds of queries that a floor is checked on. Raises SettingsError for a
    system that is not among the figures, and as `threshold_curve` does for `k`.
    """
    whole, summary = figures.whole, figures.summary
    for one in (before, after):
        if one not in whole.labels:
            raise SettingsError(f"There is no system '{one}' here. There are: {', '.join(whole.labels)}.")
    if before == after:
        raise SettingsError("A switch is between two systems.")
    level, labels = figures.experiment.level, (whole.labels[before], whole.labels[after])
    compared = compare(
        summary.per_query.get(before, {}),
        summary.per_query.get(after, {}),
        baseline=labels[0],
        system=labels[1],
        measure=summary.headline,
        seed=seed,
        margin=summary.margin,
    )
    a, b = whole.rankings(before), whole.rankings(after)
    both = [qid for qid in whole.queries if qid in a and qid in b]
    sides = ({qid: a[qid] for qid in both}, {qid: b[qid] for qid in both})
    floors, no_floor = None, ""
    if floor is not None or precision is not None:
        scored = {system.id: system.scored_by is not None for system in figures.experiment.systems}
        silent = next((label for one, label in zip((before, after), labels, strict=True) if not scored[one]), "")
        if silent:
            no_floor = f"The scores of {silent} mean nothing from query to query, so it has no floor."
        else:
            floors, no_floor = carried_over(sides, whole.qrels, labels, floor, precision, k, level, seed)
    tops = {qid: (best_score(sides[0][qid], k), best_score(sides[1][qid], k)) for qid in both}
    return Switch(
        before=before,
        after=after,
        labels=labels,
        comparison=compared,
        margin=summary.margin,
        k=k,
        floors=floors,
        no_floor=no_floor,
        decided=len(both),
        tops=tops,
        flips=flips(sides, whole.qrels, tops, floors, k, level) if floors is not None else (),
        times=(_p95(figures.efficiency[before]), _p95(figures.efficiency[after])),
        prices=(figures.efficiency[before].cost(price_an_hour), figures.efficiency[after].cost(price_an_hour)),
    )


def _p95(times: Efficiency) -> float | None:
    return times.whole.p95 if times.whole is not None else None
