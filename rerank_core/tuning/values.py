"""The value of a measure for every setting on every query, in one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rerank_core.errors import SettingsError
from rerank_core.evaluation.formulas import dcg, discount, exponential_gain, ideal_gains, linear_gain
from rerank_core.evaluation.names import Measure
from rerank_core.tuning.orders import places_of, planned
from rerank_core.tuning.query_lists import QueryLists
from rerank_core.tuning.search_space import Setting
from rerank_core.types import Progress, no_progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEARCHED = ("nDCG", "nDCG_exp", "RR", "P", "R", "Success")
"""The kinds of measures that can be searched: those that read the grades of the first k passages alone."""
CUTOFF = 10
_GAINS = {"nDCG": linear_gain, "nDCG_exp": exponential_gain}


def check_measure(measure: Measure) -> None:
    """Raise SettingsError for a measure that cannot be searched."""
    if measure.kind not in SEARCHED or measure.k is None or measure.k > 100:
        names = ", ".join(f"{kind}@{CUTOFF}" for kind in SEARCHED)
        raise SettingsError(f"{measure} cannot be searched; choose a measure such as {names}, with a cutoff up to 100.")


def values(
    queries: Sequence[QueryLists],
    settings: Sequence[Setting],
    measure: Measure,
    level: int = 1,
    system: str = "",
    cheap: str = "",
    progress: Progress = no_progress,
) -> NDArray[np.float64]:
    """The measure of each setting on each query, 0 to 1; shape (settings, queries), both in the order given.

    `level`: the lowest relevant grade where the measure names none. `system`, `cheap`: see `orders.places_of`.
    """
    import numpy as np

    check_measure(measure)
    plan = planned(settings)
    found = np.zeros((len(settings), len(queries)))
    for column, lists in enumerate(queries):
        progress(column, len(queries), system or "first stage")
        places = places_of(lists, plan, measure.k or CUTOFF, system, cheap)
        grades = np.where(places >= 0, lists.grades[places] if len(lists.docids) else -1, -1)
        found[:, column] = measured(grades, lists.judged, measure, measure.level or level)
    progress(len(queries), len(queries), system or "first stage")
    return found


def measured(grades: NDArray[np.int64], judged: Sequence[int], measure: Measure, level: int) -> NDArray[np.float64]:
    """Each row's value, 0 to 1. `grades`: of the passages at ranks 1 to k, -1 for ungraded, shape (settings, k)."""
    import numpy as np

    k = grades.shape[1]
    if measure.kind in _GAINS:
        gain = _GAINS[measure.kind]
        ideal = dcg(ideal_gains(judged, gain, k))
        if not ideal:
            return np.zeros(len(grades))
        table = np.array([gain(grade) for grade in range(max(0, int(grades.max(initial=0))) + 1)])
        gains = np.where(grades > 0, table[np.maximum(grades, 0)], 0.0)
        discounts = np.array([discount(rank) for rank in range(1, k + 1)])
        return np.asarray(gains @ discounts / ideal)
    hits = grades >= level
    if measure.kind == "RR":
        first = hits.argmax(axis=1)
        return np.where(hits.any(axis=1), 1.0 / (first + 1), 0.0)
    if measure.kind == "Success":
        return hits.any(axis=1).astype(float)
    if measure.kind == "P":
        return np.asarray(hits.sum(axis=1) / k)
    relevant = sum(grade >= level for grade in judged)
    return np.asarray(hits.sum(axis=1) / relevant) if relevant else np.zeros(len(grades))
