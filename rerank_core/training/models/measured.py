"""What a trained model and everything beside it reach on queries that were held out, read of what is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rerank_core.errors import SettingsError
from rerank_core.evaluation.names import Measure
from rerank_core.experiment.experiment import Experiment
from rerank_core.store import rankings
from rerank_core.systems.systems import System
from rerank_core.tuning.held_out import SPLITS, halves, held_out
from rerank_core.tuning.inputs import default_first_stage, read_inputs
from rerank_core.tuning.search_space import SearchSpace, Setting
from rerank_core.tuning.values import measured, values
from rerank_core.types import Query, Ranking

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TUNED = "tuned first stage"


@dataclass(frozen=True, slots=True)
class Measured:
    """The measure per held-out query; shape (queries,) each.

    `own`: of the trained model. `others`: name -> what is not trained here. `more`: other uses of the trained model,
    shown beside it. `facts`: what else is said, plain JSON.
    """

    own: Floats
    others: Mapping[str, Floats]
    more: Mapping[str, Floats] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, for `from_json`."""
        others, more = ({name: own.tolist() for name, own in each.items()} for each in (self.others, self.more))
        return {"own": self.own.tolist(), "others": others, "more": more, "facts": dict(self.facts)}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Measured:
        """What `to_json` wrote."""
        import numpy as np

        others, more = ({name: np.array(own) for name, own in found[each].items()} for each in ("others", "more"))
        return cls(np.array(found["own"]), others, more, found["facts"])


def joined(parts: Sequence[Measured]) -> Measured:
    """Several held-out parts, one after the other; a name that one of them lacks is left out. Facts: of the first."""
    import numpy as np

    def together(each: Sequence[Mapping[str, Floats]]) -> dict[str, Floats]:
        names = [name for name in each[0] if all(name in own for own in each)]
        return {name: np.concatenate([own[name] for own in each]) for name in names}

    return Measured(
        np.concatenate([one.own for one in parts]),
        together([one.others for one in parts]),
        together([one.more for one in parts]),
        parts[0].facts,
    )


@dataclass(frozen=True, slots=True)
class FirstStageValues:
    """The measure per held-out query; shape (queries,). `alone`: by vectors alone, None where there are none.

    A `tuned` value is the mean over 200 halves of the held-out queries that chose its settings without the query.
    `best`: chosen by all of them, in words.
    """

    tuned: Floats
    best: str
    alone: Floats | None


def first_stage_values(
    experiment: Experiment, space: SearchSpace, measure: Measure, held: Sequence[Query], seed: int = 0
) -> FirstStageValues:
    """What the experiment's lists reach on these queries. Raises SettingsError where one of them lacks a list."""
    wanted = {query.qid: place for place, query in enumerate(held)}
    inputs = read_inputs(experiment.with_systems(()), space)
    own = sorted((one for one in inputs.queries if one.qid in wanted), key=lambda one: wanted[one.qid])
    if len(own) < len(held):
        raise SettingsError(f"{len(held) - len(own)} of the held-out queries have no candidates yet.")
    default = replace(default_first_stage(experiment.settings), depth=experiment.settings.depth)
    tried = space.first_stages(default, seed)
    found = held_out(values(own, tried, measure, experiment.level), halves(len(own), SPLITS, seed))
    alone = None
    if "dense" in space.list_names:
        dense = Setting(replace(default, lists=("dense",), fusion="rrf", rrf_k=60, weight=0.5))
        alone = values(own, [dense], measure, experiment.level)[0]
    return FirstStageValues(found.values, tried[found.best].label(), alone)


def rankings_of(experiment: Experiment, system: System, queries: Sequence[Query]) -> dict[str, Ranking]:
    """qid -> the system's ranking of the experiment's own candidates, where it has one."""
    keys = experiment.keys(queries)
    with experiment.workspace.open() as db:
        answers = rankings.get_rankings(db, keys.values(), [system.key])
    kept = {query.qid: answers.get(keys[query.qid], {}).get(system.key) for query in queries}
    return {qid: one.ranking for qid, one in kept.items() if one is not None and one.ranking is not None}


def system_values(
    experiment: Experiment,
    system: System,
    measure: Measure,
    held: Sequence[Query],
    qrels: Mapping[str, Mapping[str, int]],
) -> Floats | None:
    """The measure of a system over the experiment's own candidates, per query; None where it lacks a ranking."""
    found = rankings_of(experiment, system, held)
    if len(found) < len(held):
        return None
    orders = [found[query.qid].docids for query in held]
    return order_values(orders, held, qrels, measure, measure.level or experiment.level)


def order_values(
    orders: Sequence[Sequence[str]],
    queries: Sequence[Query],
    qrels: Mapping[str, Mapping[str, int]],
    measure: Measure,
    level: int,
) -> Floats:
    """The measure of an order of docids per query; shape (queries,)."""
    import numpy as np

    k, found = measure.k or 10, []
    for query, docids in zip(queries, orders, strict=True):
        grades = qrels.get(query.qid, {})
        row = [grades.get(docid, -1) for docid in docids[:k]]
        padded = np.array([row + [-1] * (k - len(row))], dtype=np.int64)
        found.append(measured(padded, tuple(grades.values()), measure, level)[0])
    return np.array(found, dtype=float)
