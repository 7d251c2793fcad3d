"""A blend learned from grades, each query placed by weights that were fitted and chosen without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from rerank_core.errors import SettingsError
from rerank_core.evaluation.equivalence import DEFAULT_MARGIN
from rerank_core.store import datasets, judgments, rankings
from rerank_core.systems.learned.features import feature_names
from rerank_core.systems.learned.spec import Learned
from rerank_core.systems.systems import FIRST_STAGE, System
from rerank_core.training.answer import Compared, compare
from rerank_core.training.data import TrainingData, training_data
from rerank_core.training.linear import Choice, check_library
from rerank_core.training.nested import Fitter, nested
from rerank_core.training.plan import Plan, asked
from rerank_core.training.tables import QueryTable, Tables, blend_scores, read_tables, system_scores, value_of
from rerank_core.tuning.held_out import LEAST_QUERIES, held_out
from rerank_core.types import Progress, Query, Ranking, no_progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

LABEL = "learned blend"
BEFORE, TUNED, BEST_PAIR = "first stage as it is set", "tuned first stage", "best tuned blend of two"
STEPS = 21
"""Shares that a blend of two is tuned over: 0, 0.05 ... 1."""


@dataclass(frozen=True, slots=True)
class Blended:
    """A learned blend and what it reaches. Shapes are (queries,); `qids` in the order of the values.

    `spec`: fitted to all queries, over the first stage `plan.final`. `values`: out of fold. `others`: name -> the
    measure of what it is compared with, over the same queries. `choices`: of each fold; `choice`: of all. `curve`:
    share of the grades -> values out of fold. `left_out`: queries that lack a list or a ranking.
    `notes`: which systems are not asked, and why. `seconds`: of the fitting.
    """

    plan: Plan
    qids: tuple[str, ...]
    spec: Learned
    choice: Choice
    choices: tuple[Choice, ...]
    values: Floats
    others: Mapping[str, Floats]
    compared: Compared
    curve: Mapping[float, Floats]
    data: TrainingData
    left_out: int
    notes: tuple[str, ...]
    seconds: float

    def rows(self) -> list[dict[str, Any]]:
        """The blend first, then what it is compared with, best first: the measure, and the blend minus that.

        `delta`, `low`, `high`, `p`: with the interval, corrected for all rows; None for the blend itself.
        """
        first = {"name": LABEL, "value": float(self.values.mean()), "delta": None, "low": None, "high": None, "p": None}
        rows: list[dict[str, Any]] = [first]
        for name in sorted(self.others, key=lambda one: -float(self.others[one].mean())):
            one, value = self.compared.against[name], float(self.others[name].mean())
            rows.append(
                {"name": name, "value": value, "delta": one.mean, "low": one.low, "high": one.high, "p": one.p_value}
            )
        return rows

    def table(self) -> DataFrame:
        """`rows` as a data frame."""
        from pandas import DataFrame

        return DataFrame(self.rows())

    def save(self, name: str) -> str:
        """Keep it as a system under this name and return its id, see `record.save_blend`."""
        from rerank_core.training.record import record_blend, save_blend

        experiment = self.plan.experiment
        return save_blend(experiment.workspace, record_blend(self), name, experiment.dataset.name)

    def __str__(self) -> str:
        return "\n".join([self.compared.sentence, self.table().to_string(index=False)])


def learn_blend(plan: Plan, margin: float = DEFAULT_MARGIN, progress: Progress = no_progress) -> Blended:
    """Fit and choose within each fold, measure on the queries that it held out, then fit to all.

    Reads what is kept for `plan.experiments()`. Raises NotReadyError without scikit-learn, SettingsError where fewer
    than 20 queries are ranked or nothing is graded higher than anything else.
    """
    import numpy as np

    check_library()
    started = perf_counter()
    experiment, members = plan.experiment, asked(plan.experiment)[0]
    with experiment.workspace.open() as db:
        qrels = judgments.qrels(db, experiment.dataset.id)
        graded = {docid for query in plan.queries for docid in qrels.get(query.qid, {})}
        docs = datasets.get_docs(db, experiment.dataset.id, sorted(graded))
    names = feature_names([FIRST_STAGE, *(one.id for one in members)])
    by_settings = {
        settings: read_tables(one, members, names, plan.queries, qrels) for settings, one in plan.experiments().items()
    }
    places = [
        place for place, query in enumerate(plan.queries) if all(query.qid in own for own in by_settings.values())
    ]
    if len(places) < LEAST_QUERIES:
        raise SettingsError(
            f"Nothing can be learned yet: {len(places)} graded queries are ranked by every system, and {LEAST_QUERIES} "
            "are needed."
        )
    queries = [plan.queries[place] for place in places]
    inside = plan.inside[:, places]
    tables = {
        settings: Tables(names, tuple(own[query.qid] for query in queries)) for settings, own in by_settings.items()
    }
    fitter = Fitter(plan.measure, experiment.level, plan.seed)
    of_fold = [tables[settings] for settings in plan.settings]
    choices, curve = nested(fitter, of_fold, queries, inside, progress=progress)
    others = {TUNED: plan.tuned[places], BEFORE: plan.before[places]}
    others |= _untrained(of_fold, members, inside, fitter)
    progress(0, 0, "all grades")
    final = tables[plan.final]
    choice, weights = fitter.chosen(final, queries, np.ones(len(queries), dtype=bool))
    candidates = _candidates(plan, queries)
    data = training_data(queries, qrels, docs, candidates, experiment.level)
    kept = [(name, float(weight)) for name, weight in zip(names, weights, strict=True) if weight]
    spec = Learned((FIRST_STAGE, *(one.id for one in members)), tuple(kept), data.data_hash)
    return Blended(
        plan=plan,
        qids=tuple(query.qid for query in queries),
        spec=spec,
        choice=choice,
        choices=choices,
        values=curve[1.0],
        others=others,
        compared=compare(LABEL, curve[1.0], others, str(plan.measure), margin, plan.seed),
        curve=curve,
        data=data,
        left_out=plan.left_out + len(plan.queries) - len(queries),
        notes=asked(experiment)[1],
        seconds=perf_counter() - started,
    )


def _untrained(tables: Sequence[Tables], members: Sequence[System], inside: Mask, fitter: Fitter) -> dict[str, Floats]:
    """Each member over each fold's first stage, and the blend of two that is best where the fold learns."""
    import numpy as np

    found: dict[str, Floats] = {}
    if not members:
        return found
    shares = np.linspace(0, 1, STEPS)
    for own, learns in zip(tables, inside, strict=True):
        alone = [_orders(own, fitter, partial(system_scores, own, system=one.id)) for one in members]
        pairs = [_orders(own, fitter, partial(blend_scores, own, system=one.id, shares=shares)) for one in members]
        every = np.concatenate(pairs)
        rows = [*(one[0] for one in alone), every[held_out(every, learns[None]).chosen[0]]]
        for name, values in zip([*(one.label for one in members), BEST_PAIR], rows, strict=True):
            found.setdefault(name, np.zeros(len(learns)))[~learns] = values[~learns]
    return found


def _orders(tables: Tables, fitter: Fitter, scores: Callable[[QueryTable], Floats]) -> Floats:
    """The measure of several orders of each query, shape (orders, queries)."""
    import numpy as np

    every = [value_of(table, scores(table), fitter.measure, fitter.level) for table in tables.queries]
    return np.stack(every, axis=1)


def _candidates(plan: Plan, queries: Sequence[Query]) -> dict[str, Ranking]:
    keys = plan.experiments()[plan.final].keys(queries)
    with plan.experiment.workspace.open() as db:
        found = {qid: rankings.get_candidates(db, key) for qid, key in keys.items()}
    return {qid: ranking for qid, ranking in found.items() if ranking is not None}
