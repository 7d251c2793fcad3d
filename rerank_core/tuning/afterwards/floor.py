"""A score floor: say nothing below it. Fitted to a precision on one half of the queries, looked at on the other.

How a floor counts: a passage below it is not returned, so a relevant one counts as not found, and a query without an
answer counts 0. By measures that read the order alone a floor can then only lose, so it is not chosen by them: it is
chosen by the precision of what is shown, and what it costs in the measure stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from rerank_core.evaluation.names import Measure
from rerank_core.tuning.held_out import HeldOut
from rerank_core.tuning.orders import top_places
from rerank_core.tuning.query_lists import QueryLists
from rerank_core.tuning.search_space import Setting
from rerank_core.tuning.values import CUTOFF, measured

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST_GRADED = 20
"""Graded passages above a floor, below which its precision is luck."""


@dataclass(frozen=True, slots=True)
class FittedFloor:
    """A floor for a search's best setting, in the reranker's raw score, and what it does on queries not searched.

    `target`: the precision that was asked for. `floor`: fitted on all queries. `promised`: the precision of the graded
    passages that are shown, on the halves that chose; `precision`, `answered` (the share of queries with an answer) and
    `value` (the measure): on the other halves, where `plain` is the measure without a floor. `fitted`: the share of the
    splits in which a floor reached the target; the others show nothing.
    """

    target: float
    floor: float
    promised: float
    precision: float | None
    answered: float
    value: float
    plain: float
    fitted: float

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def fit_floor(
    queries: Sequence[QueryLists],
    settings: Sequence[Setting],
    found: HeldOut,
    choose: NDArray[np.bool_],
    measure: Measure,
    target: float,
    level: int = 1,
    system: str = "",
    cheap: str = "",
) -> FittedFloor | None:
    """The floor for what `found` chose of `settings`, over the same splits; None where no floor reaches the target.

    Of the first k passages, k of the measure: the lowest floor from which the share `target` of the graded ones is
    relevant. `system`, `cheap`: see `orders.top_places`.
    """
    import numpy as np

    k = measure.k or CUTOFF
    kinds, of_split = np.unique(np.append(found.chosen, found.best), return_inverse=True)
    plain = [settings[kind] for kind in kinds]
    raw = np.full((len(kinds), len(queries), k), np.nan)
    grades = np.full((len(kinds), len(queries), k), -1, dtype=np.int64)
    for column, lists in enumerate(queries):
        places = top_places(lists, plain, k, system, cheap)
        if lists.docids:
            raw[:, column] = np.where(places >= 0, lists.reranked[system][places], np.nan)
            grades[:, column] = np.where(places >= 0, lists.grades[places], -1)
    for row, setting in enumerate(plain):
        # what a cascade cut early was not read by its last step
        if setting.reranking is not None and setting.reranking.keep is not None:
            raw[row, :, setting.reranking.keep :] = np.nan
    everything = np.ones(len(queries), dtype=bool)
    halves = [*choose, everything]
    fits = [
        _lowest(raw[kind][half], grades[kind][half], target, level) for kind, half in zip(of_split, halves, strict=True)
    ]
    *split_fits, best = fits
    if best is None:
        return None
    floors = [fit[0] if fit is not None else float("inf") for fit in split_fits]
    floored = [_with_floor(settings[kind], floor) for kind, floor in zip(found.chosen, floors, strict=True)]
    shown = np.zeros((3, len(choose), len(queries)))
    table = np.zeros((len(choose), len(queries)))
    for column, lists in enumerate(queries):
        places = top_places(lists, floored, k, system, cheap)
        seen = np.where(places >= 0, lists.grades[places] if len(lists.docids) else -1, -1)
        table[:, column] = measured(seen, lists.judged, measure, measure.level or level)
        shown[0, :, column] = (places >= 0).any(axis=1)
        shown[1, :, column] = (seen >= 0).sum(axis=1)
        shown[2, :, column] = (seen >= level).sum(axis=1)
    out = ~choose
    judged, relevant = float((shown[1] * out).sum()), float((shown[2] * out).sum())
    known = [fit[1] for fit in split_fits if fit is not None]
    return FittedFloor(
        target=target,
        floor=best[0],
        promised=float(np.mean(known)) if known else 0.0,
        precision=relevant / judged if judged else None,
        answered=float((shown[0] * out).sum() / out.sum()),
        value=float((table * out).sum() / out.sum()),
        plain=float(found.by_split.mean()),
        fitted=len(known) / len(choose),
    )


def _with_floor(setting: Setting, floor: float) -> Setting:
    if setting.reranking is None:
        raise ValueError("a floor is put under the scores of a reranker")
    return replace(setting, reranking=replace(setting.reranking, floor=floor))


def _lowest(
    raw: NDArray[np.float64], grades: NDArray[np.int64], target: float, level: int
) -> tuple[float, float] | None:
    """The lowest score from which the graded passages are as precise as asked for, and their precision."""
    import numpy as np

    scores, graded = raw.ravel(), grades.ravel()
    known = ~np.isnan(scores) & (graded >= 0)
    order = np.argsort(-scores[known], kind="stable")
    ordered, hits = scores[known][order], (graded[known][order] >= level).cumsum()
    counts = np.arange(1, len(ordered) + 1)
    # a floor cannot tell apart passages of one score
    last = np.append(ordered[1:] < ordered[:-1], True) if len(ordered) else np.zeros(0, dtype=bool)
    reaching = np.flatnonzero(last & (counts >= FEWEST_GRADED) & (hits >= target * counts - 1e-12))
    if not len(reaching):
        return None
    place = int(reaching[-1])
    return float(ordered[place]), float(hits[place] / counts[place])
