"""When to rerank at all: does a signal of the first stage tell which queries reranking helps, and what does that save?

A floor is fitted on some queries and looked at on the others, fold by fold, so that the figures are of queries that did
not choose it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from rerank_core.errors import SettingsError
from rerank_core.evaluation.compare import compare
from rerank_core.evaluation.measures import evaluate_query
from rerank_core.evaluation.numbers import counted
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.figures import Figures
from rerank_core.store import rankings
from rerank_core.store.tuned_systems import put_tuned
from rerank_core.systems.composites.spec import BELOW, Condition, Feature, Floor, OwnFirstStage
from rerank_core.systems.systems import FIRST_STAGE, add_composite, get_system
from rerank_core.tuning.afterwards.rerank_where import CurvePoint, WhenToRerank
from rerank_core.tuning.afterwards.signal_floor import FOLDS, fit_floor, held_out_routes
from rerank_core.tuning.afterwards.telling_signals import OPTIONS, best_option, p_value, signals_of
from rerank_core.tuning.held_out import LEAST_QUERIES
from rerank_core.types import Query, Ranking

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def when_to_rerank(figures: Figures, system: str, *, seed: int = 0, price_an_hour: float | None = None) -> WhenToRerank:
    """Fit and check when `system`, one of the figures', is worth asking, on the figures' headline and margin.

    A signal is chosen by how well it orders the queries by what they gain: the area between the gain so far and that of
    a random order, in units of its spread (a cost curve; the area is that of an uplift curve, Radcliffe 2007). The
    p-value permutes the gains over the queries and takes the best of all signals each time (Westfall and Young 1993).
    The floor is the one that reranks the fewest queries and loses less than the margin against the best share of them.
    `price_an_hour`: of the machine. Raises SettingsError for a system that ranks candidates of its own or leaves some
    out, for fewer than 20 graded queries, and where no signal can be read.
    """
    import numpy as np

    experiment, whole = figures.experiment, figures.whole
    asked = next((one for one in experiment.systems if one.id == system), None)
    if asked is None or system == FIRST_STAGE:
        raise SettingsError(f"'{system}' is no reranker of these systems.")
    if isinstance(asked.spec, OwnFirstStage | Floor):
        raise SettingsError(f"{asked.label} cannot be a part of another system.")
    ranked, found = whole.rankings(system), _candidates(experiment, whole.queries)
    qids = tuple(qid for qid in whole.queries if whole.qrels.get(qid) and qid in ranked and qid in found)
    if len(qids) < LEAST_QUERIES:
        raise SettingsError(
            f"Nothing can be held out: {counted(len(qids), 'graded query is', 'graded queries are')} ranked by "
            f"{asked.label}, and {LEAST_QUERIES} are needed."
        )
    measure = figures.summary.measures[0]

    def values(orders: dict[str, Ranking]) -> Floats:
        return np.array(
            [evaluate_query(orders[q].docids, whole.qrels[q], [measure], experiment.level)[measure] for q in qids]
        )

    first, always = values(found), values(ranked)
    signals = signals_of([found[qid] for qid in qids])
    seconds = _seconds([ranked[qid] for qid in qids])
    usd = figures.efficiency[system].cost(price_an_hour)
    margin = figures.summary.margin
    gains = always - first
    fold = np.random.default_rng(seed).permutation(len(qids)) % FOLDS
    routed, curve = held_out_routes(signals, gains, fold, margin)
    option = best_option(signals, gains)
    reranked, floor = fit_floor(signals[option], gains, margin)
    met = first + np.where(routed, gains, 0.0)
    condition = _condition(OPTIONS[option], floor) if 0 < reranked < len(qids) else None
    return WhenToRerank(
        system=system,
        label=asked.label,
        measure=str(measure),
        margin=margin,
        qids=qids,
        condition=condition,
        share=reranked / len(qids),
        p_value=p_value(signals, gains, seed),
        never=float(first.mean()),
        always=float(always.mean()),
        held_out=float(met.mean()),
        held_out_share=float(routed.mean()),
        lost=compare(
            dict(zip(qids, always.tolist(), strict=True)),
            dict(zip(qids, met.tolist(), strict=True)),
            baseline=asked.label,
            system="the router",
            measure=str(measure),
            seed=seed,
            margin=margin,
        ),
        curve=tuple(_point(each, first, gains, seconds, usd) for each in curve),
    )


def save_router(figures: Figures, found: WhenToRerank, name: str) -> str:
    """Keep the router as a system and return its id; it carries the mark of the queries that chose its floor.

    Raises as `WhenToRerank.router`, and as `add_composite` for the name.
    """
    workspace = figures.experiment.workspace
    get_system(workspace, found.system)
    kept = add_composite(workspace, name, found.router())
    facts = {"sentence": found.sentence, "measure": found.measure, "share": found.share, "held_out": found.held_out}
    with workspace.write() as db:
        put_tuned(db, kept, [figures.whole.queries[qid] for qid in found.qids], facts)
    return kept


def _candidates(experiment: Experiment, queries: Mapping[str, Query]) -> dict[str, Ranking]:
    """qid -> what the first stage found, with its scores; queries that were not searched are left out."""
    with experiment.workspace.open() as db:
        found = {qid: rankings.get_candidates(db, key) for qid, key in experiment.keys(queries.values()).items()}
    return {qid: ranking for qid, ranking in found.items() if ranking is not None}


def _condition(option: tuple[str, str], floor: float) -> Condition:
    # the values of "at or above" were turned round, and "below" leaves out the floor itself where "from" takes it in
    return Condition(cast(Feature, "".join(option)), floor if option[1] == BELOW else max(0.0, -floor))


def _seconds(ranked: Sequence[Ranking]) -> Floats | None:
    """What reranking each query took; a time that was not measured is the mean of the others, None without any."""
    import numpy as np

    known = [ranking.seconds for ranking in ranked if ranking.seconds is not None]
    if not known:
        return None
    mean = sum(known) / len(known)
    return np.array([mean if ranking.seconds is None else ranking.seconds for ranking in ranked])


def _point(
    reranked: NDArray[np.bool_], first: Floats, gains: Floats, seconds: Floats | None, usd: float | None
) -> CurvePoint:
    part = float(reranked.mean())
    return CurvePoint(
        share=part,
        value=float((first + gains * reranked).mean()),
        by_chance=float(first.mean() + part * gains.mean()),
        ms=None if seconds is None else float((seconds * reranked).mean() * 1000),
        usd=None if usd is None else usd * part,
    )
