"""Search the settings of a first stage and of rerankers over it, and report what holds on queries not searched on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rerank_core.errors import SettingsError
from rerank_core.evaluation.equivalence import DEFAULT_MARGIN
from rerank_core.evaluation.names import Measure, parse_measure
from rerank_core.evaluation.numbers import counted, signed
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.notebook_html import notebook_html
from rerank_core.store import datasets, judgments
from rerank_core.systems.systems import FIRST_STAGE
from rerank_core.tuning.afterwards.floor import FittedFloor, fit_floor
from rerank_core.tuning.afterwards.variants_worth import VariantWorth, variants_worth
from rerank_core.tuning.answer import Answer, answer
from rerank_core.tuning.difference import Difference, difference
from rerank_core.tuning.held_out import LEAST_QUERIES, SPLITS, HeldOut, halves, held_out
from rerank_core.tuning.inputs import (
    Inputs,
    Searched,
    default_first_stage,
    pool_experiment,
    read_inputs,
    seconds_per_pair,
    what_is_missing,
)
from rerank_core.tuning.noise import Corrected, corrected
from rerank_core.tuning.query_lists import QueryLists
from rerank_core.tuning.questions import Question, facts, five_questions
from rerank_core.tuning.search_space import FirstStage, SearchSpace, Setting
from rerank_core.tuning.values import check_measure, values
from rerank_core.types import Progress, no_progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame

TUNED_BASELINE = "tuned first stage"
BEFORE = "queries as typed"
DEEPEST_RERANKED = 500
"""A pool of both lists to this depth is as deep as candidates go."""


@dataclass(frozen=True, slots=True)
class TunedSystem:
    """One search. `system`: the id, "first-stage" for the search without a reranker.

    `best`: the setting that is best on all queries: the one to use. `best_value` is its mean on them, which is too
    good; `held_out_value` is what the search reaches on queries that it does not see. `default_value`: of the settings
    that were set before. `stability`: the share of splits that chose `best`. The rest compares with the tuned first
    stage, and is None for that itself: `difference`, its `corrected` interval and p-value, and the `answer`. `seconds`:
    of the reranking, per query, None where not measured. `floor`: where a precision was asked for and can be reached.
    """

    system: str
    label: str
    settings: int
    best: Setting
    best_value: float
    default_value: float
    held_out: HeldOut
    stability: float
    seconds: float | None
    difference: Difference | None = None
    corrected: Corrected | None = None
    answer: Answer | None = None
    floor: FittedFloor | None = None

    @property
    def held_out_value(self) -> float:
        """The mean over all queries, each as settings place it that were chosen without it."""
        return float(self.held_out.values.mean())


@dataclass(frozen=True, slots=True)
class Tuned:
    """What the search found. `systems`: the tuned first stage first, then the others, best held-out difference first.

    `qids`: the queries that it is over; `left_out`: graded queries that lack a list or a score. `noise`: what the best
    of the systems reached above the baseline in samples of pure chance; shape (samples,), empty without a reranker.
    `questions`: whether reranking makes sense here at all; `facts`: what its known cases are read from. `variants`:
    what each query variant of the `space` is worth, best first.
    """

    experiment: Experiment
    measure: Measure
    qids: tuple[str, ...]
    left_out: int
    splits: int
    seed: int
    margin: float
    systems: tuple[TunedSystem, ...]
    noise: NDArray[np.float64]
    questions: tuple[Question, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    space: SearchSpace = field(default_factory=SearchSpace)
    variants: tuple[VariantWorth, ...] = ()

    @property
    def baseline(self) -> TunedSystem:
        """The first stage, tuned without a reranker."""
        return self.systems[0]

    @property
    def sentence(self) -> str:
        """The answer about the best system; without a reranker, what tuning the first stage is worth."""
        if len(self.systems) > 1 and (best := self.systems[1].answer) is not None:
            return best.sentence
        found = self.baseline.held_out
        return (
            f"Tuning the first stage gains {signed(found.gain)} {self.measure} on queries that the search did not see; "
            f"it promised {signed(found.gain_seen)} on those that it saw."
        )

    def rows(self) -> list[dict[str, Any]]:
        """One row per search: the measure as set before, tuned on queries seen and held out, and the difference.

        None: not known, or the baseline itself.
        """
        return [
            {
                "system": one.system,
                "label": one.label,
                "setting": one.best.label(),
                "settings": one.settings,
                "before": one.default_value,
                "seen": one.held_out.seen,
                "held_out": one.held_out_value,
                "optimism": one.held_out.optimism,
                "kept": one.held_out.kept,
                "stability": one.stability,
                "delta": one.corrected.mean if one.corrected else None,
                "low": one.corrected.low if one.corrected else None,
                "high": one.corrected.high if one.corrected else None,
                "p": one.corrected.p_value if one.corrected else None,
                "holds": one.difference.holds if one.difference else None,
                "ms": one.seconds * 1000 if one.seconds is not None else None,
                "answer": one.answer.outcome if one.answer else None,
                "floor": one.floor.to_json() if one.floor else None,
            }
            for one in self.systems
        ]

    def table(self) -> DataFrame:
        """`rows` as a data frame."""
        from pandas import DataFrame

        return DataFrame(self.rows())

    def __str__(self) -> str:
        return "\n".join([self.sentence, self.table().to_string(index=False)])

    def _repr_html_(self) -> str:
        return notebook_html([self.sentence], self.table())


def tune(
    experiment: Experiment,
    measure: Measure | str = "nDCG@10",
    space: SearchSpace | None = None,
    *,
    splits: int = SPLITS,
    seed: int = 0,
    margin: float = DEFAULT_MARGIN,
    progress: Progress = no_progress,
) -> Tuned:
    """Search the first stage alone and under each system of the experiment; no model is asked.

    Every search chooses on one half of the graded queries and is reported on the other, `splits` times with the same
    halves for all. `space` None: the default one, to a depth of 100. `margin`: the smallest difference that matters.
    What is missing is not made (`what_is_missing` says what; `ranking.tuning.rank_pool` makes it): queries that lack
    something are left out. Raises SettingsError for a measure that cannot be searched, a system whose scores cannot, an
    odd or small number of splits, and where fewer than 20 graded queries are there: then nothing can be held out.
    """
    parsed = parse_measure(measure) if isinstance(measure, str) else measure
    parsed = parsed.at_level(experiment.level)
    check_measure(parsed)
    if splits < 10 or splits % 2:
        raise SettingsError(f"Splits come in pairs, at least 10, not {splits}.")
    space = space or SearchSpace()
    check_graded(experiment)
    inputs = read_inputs(experiment, space)
    if len(inputs.queries) < LEAST_QUERIES:
        raise SettingsError(_too_few(experiment, space))
    return search(experiment, inputs, parsed, space, splits, seed, margin, progress)


def check_graded(experiment: Experiment) -> None:
    """Raise SettingsError where too few queries have a grade to hold any out, and for a search engine elsewhere."""
    if experiment.settings.is_elsewhere:
        raise SettingsError("Tuning searches the settings of our own indexes. Compare this engine's templates instead.")
    with experiment.workspace.open() as db:
        qrels = judgments.qrels(db, experiment.dataset.id)
        graded = sum(bool(qrels.get(query.qid)) for query in datasets.get_queries(db, experiment.dataset.id))
    if graded < LEAST_QUERIES:
        raise SettingsError(
            f"Nothing can be held out: {counted(graded, 'query has', 'queries have')} grades, and "
            f"{LEAST_QUERIES} are needed. Grade {LEAST_QUERIES - graded} more."
        )


def _too_few(experiment: Experiment, space: SearchSpace) -> str:
    """Why nothing can be searched although enough queries are graded."""
    missing = what_is_missing(experiment, space)
    return f"Nothing can be searched yet: {missing.sentence() or ' '.join(missing.failures())}"


def search(
    experiment: Experiment,
    inputs: Inputs,
    measure: Measure,
    space: SearchSpace,
    splits: int = SPLITS,
    seed: int = 0,
    margin: float = DEFAULT_MARGIN,
    progress: Progress = no_progress,
) -> Tuned:
    """`tune` over what was read already."""
    import numpy as np

    queries, level = inputs.queries, experiment.level
    choose = halves(len(queries), splits, seed)
    default = _default(experiment, space)
    plain = space.first_stages(default.first, seed)
    base_values = values(queries, plain, measure, level, progress=progress)
    baseline = held_out(base_values, choose)
    searches = {}
    deepest = min(DEEPEST_RERANKED, space.deepest)
    for one in inputs.searched:
        settings = space.shallower(deepest).reranked(default.first, one.cheap is not None, seed)
        table = values(queries, settings, measure, level, one.reranker.id, one.cheap.id if one.cheap else "", progress)
        found = held_out(table, choose)
        searches[one.system.id] = (one, settings, table, found, difference(table, found, base_values, baseline, choose))
    fixed: dict[str, Corrected] = {}
    noise: NDArray[np.float64] = np.zeros(0)
    if searches:
        fixed, noise = corrected({name: one[4].pseudo for name, one in searches.items()}, seed)
    pairs = float(np.mean([len(lists.docids) for lists in queries]))
    tuned = []
    for name, (one, settings, table, found, against) in searches.items():
        seconds = _seconds(experiment, space, one, settings[found.best], pairs)
        said = answer(
            one.system.label, TUNED_BASELINE, str(measure), fixed[name], against.holds, seconds, margin, len(searches)
        )
        floor = _floor(one, queries, settings, found, choose, measure, space, level)
        tuned.append(
            replace(
                _tuned(name, one.system.label, settings, table, found, seconds, against, fixed[name], said), floor=floor
            )
        )
    tuned.sort(key=lambda one: -(one.corrected.mean if one.corrected else 0.0))
    first = _tuned(FIRST_STAGE, TUNED_BASELINE.capitalize(), plain, base_values, baseline, 0.0)
    qids = tuple(lists.qid for lists in queries)
    left_out = inputs.graded - len(qids)
    asked, known = _questions(experiment, inputs, default.first, tuned[0].seconds if tuned else None)
    own = experiment.settings.variant
    worth = variants_worth(plain, base_values, choose, own.label if own else BEFORE, str(measure), margin, seed)
    systems = (first, *tuned)
    return Tuned(experiment, measure, qids, left_out, splits, seed, margin, systems, noise, asked, known, space, worth)


def _floor(
    one: Searched,
    queries: Sequence[QueryLists],
    settings: Sequence[Setting],
    found: HeldOut,
    choose: NDArray[np.bool_],
    measure: Measure,
    space: SearchSpace,
    level: int,
) -> FittedFloor | None:
    if space.precision is None:
        return None
    cheap = one.cheap.id if one.cheap else ""
    return fit_floor(queries, settings, found, choose, measure, space.precision, level, one.reranker.id, cheap)


def _questions(
    experiment: Experiment, inputs: Inputs, first: FirstStage, seconds: float | None
) -> tuple[tuple[Question, ...], dict[str, Any]]:
    with experiment.workspace.open() as db:
        texts = {query.qid: query for query in datasets.get_queries(db, experiment.dataset.id)}
    asked = [texts[lists.qid] for lists in inputs.queries if lists.qid in texts]
    n_docs = experiment.dataset.n_docs
    return five_questions(inputs.queries, asked, first, experiment.level, n_docs, seconds), facts(asked, n_docs)


def _default(experiment: Experiment, space: SearchSpace) -> Setting:
    """What is set now, as far as the search space's lists and depths reach it."""
    first = default_first_stage(experiment.settings)
    if first.lists not in space.lists:
        first = FirstStage(space.lists[-1])
    return Setting(replace(first, depth=min(first.depth, space.deepest)))


def _tuned(
    system: str,
    label: str,
    settings: Sequence[Setting],
    table: NDArray[np.float64],
    found: HeldOut,
    seconds: float | None,
    against: Difference | None = None,
    fixed: Corrected | None = None,
    said: Answer | None = None,
) -> TunedSystem:
    return TunedSystem(
        system=system,
        label=label,
        settings=len(settings),
        best=settings[found.best],
        best_value=float(table[found.best].mean()),
        default_value=float(table[0].mean()),
        held_out=found,
        stability=float((found.chosen == found.best).mean()),
        seconds=seconds,
        difference=against,
        corrected=fixed,
        answer=said,
    )


def _seconds(experiment: Experiment, space: SearchSpace, one: Searched, best: Setting, pairs: float) -> float | None:
    """About how long the reranker takes per query at the setting; None: not measured. `pairs`: in the pool, mean."""
    per_pair = seconds_per_pair(experiment, pool_experiment(experiment, space, one.models), one.reranker)
    asked = best.reranking.keep if best.reranking and best.reranking.keep else best.first.depth
    return None if per_pair is None else per_pair * min(asked, pairs)
