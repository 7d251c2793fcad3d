"""Fit and choose within each fold, measure on what it held out: no query is placed by its own grades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rerank_core.evaluation.names import Measure
from rerank_core.training.folds import CURVE, INNER_FOLDS, folds, part_of
from rerank_core.training.linear import CHOICES, Choice, fit
from rerank_core.training.tables import QueryTable, Tables, value_of
from rerank_core.types import Progress, Query, no_progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fitter:
    """How a blend is fitted and measured. `choices`: the ways to fit that are tried, the plainest first."""

    measure: Measure
    level: int = 1
    seed: int = 0
    choices: tuple[Choice, ...] = CHOICES

    def values(self, queries: Sequence[QueryTable], weights: Floats) -> Floats:
        """The measure under several weights, shape (weights, features) -> (weights, queries)."""
        import numpy as np

        return np.stack([value_of(one, weights @ one.values.T, self.measure, self.level) for one in queries], axis=1)

    def chosen(self, tables: Tables, queries: Sequence[Query], learns: Mask) -> tuple[Choice, Floats]:
        """The way to fit that is best out of fold among the queries that `learns` names, and its weights.

        The weights, shape (features,), are fitted to all of those. `queries`: those of `tables`, in their order.
        """
        import numpy as np

        places = np.flatnonzero(learns)
        own = [tables.queries[place] for place in places]
        inner = folds([queries[int(place)] for place in places], min(INNER_FOLDS, len(places)), self.seed)
        reached = np.zeros((len(self.choices), len(places)))
        for inside in inner:
            within, out = [own[place] for place in np.flatnonzero(inside)], np.flatnonzero(~inside)
            weights = np.stack([fit(tables.names, within, choice, self.seed) for choice in self.choices])
            reached[:, out] = self.values([own[place] for place in out], weights)
        means = reached.mean(axis=1)
        best = self.choices[int((means >= means.max() - 1e-12).argmax())]
        return best, fit(tables.names, own, best, self.seed)


def nested(
    fitter: Fitter,
    tables: Sequence[Tables],
    queries: Sequence[Query],
    inside: Mask,
    curve: Sequence[float] = CURVE,
    progress: Progress = no_progress,
) -> tuple[tuple[Choice, ...], dict[float, Floats]]:
    """The choice of each fold, and share of the grades -> the measure of each query out of fold, shape (queries,).

    `tables`: one per fold, over that fold's own candidates. `inside`: which queries each fold learns from, shape
    (folds, queries). A smaller share of the grades leaves out whole queries, and fits in the way that the fold chose.
    """
    import numpy as np

    values = {share: np.zeros(len(queries)) for share in curve}
    choices = []
    for fold, (own, learns) in enumerate(zip(tables, inside, strict=True)):
        progress(fold, len(inside), f"fold {fold + 1} of {len(inside)}")
        held = [own.queries[one] for one in np.flatnonzero(~learns)]
        choice, _ = fitter.chosen(own, queries, learns)
        for share in curve:
            part = [own.queries[one] for one in np.flatnonzero(part_of(learns, share, fitter.seed + fold))]
            weights = fit(tables[fold].names, part, choice, fitter.seed)
            values[share][~learns] = fitter.values(held, weights[None])[0]
        choices.append(choice)
    return tuple(choices), values
