"""A measure and its latency against the number of candidates that are reranked, and where the curve bends."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from rerank_core.evaluation.measures import evaluate
from rerank_core.evaluation.names import Measure
from rerank_core.evaluation.oracle import recall_ceiling
from rerank_core.experiment.experiment import Experiment
from rerank_core.store import datasets, evidence, judgments, rankings
from rerank_core.store.rankings import StoredRanking
from rerank_core.systems.systems import FIRST_STAGE, System

DEPTHS = (10, 20, 30, 50, 100, 200)
TOLERANCE = 0.005


@dataclass(frozen=True, slots=True)
class DepthPoint:
    """A system at one depth: the candidates retrieved at that depth (not a prefix of deeper ones), all reranked.

    `value`: the measure's mean over the `n` graded queries. `pairs`: candidates per query, mean; fewer than `depth`
    where the data has fewer. All seconds are medians per query. `retrieve_seconds`: of finding the candidates.
    `score_seconds`: measured, over the `timed` warm queries of which no score came from the cache; None without one.
    `score_estimate`: `pairs` times the seconds per pair at the deepest depth that was measured: a straight line, None
    where nothing was measured. The first stage scores nothing: both are 0.
    """

    depth: int
    value: float
    n: int
    pairs: float
    retrieve_seconds: float | None
    score_seconds: float | None
    timed: int
    score_estimate: float | None


@dataclass(frozen=True, slots=True)
class _AtDepth:
    keys: Mapping[str, str]
    answers: Mapping[str, StoredRanking]
    found: Mapping[str, Sequence[str]]
    retrieve: Mapping[str, float | None]
    evidence: Mapping[str, evidence.Evidence]


def depth_curve(
    experiment: Experiment,
    system: System,
    measure: Measure,
    depths: Sequence[int] = DEPTHS,
    only: Collection[str] | None = None,
    ignore_identical_ids: bool = False,
) -> list[DepthPoint]:
    """The curve of a system, shallow first; nothing is computed by a model (the job "depth" makes the rankings).

    Every point is over the same queries: all that have a grade. A depth at which one of them was not ranked, or failed,
    is left out. [] where nothing is graded. The experiment's own depth plays no part. `only`: the qids to look at,
    None: all. `ignore_identical_ids`: without the passages with their query's own id.
    """
    dataset = experiment.dataset
    with experiment.workspace.open() as db:
        qrels = judgments.qrels(db, dataset.id)
        queries = [query for query in datasets.get_queries(db, dataset.id) if qrels.get(query.qid)]
        queries = [query for query in queries if only is None or query.qid in only]
        read = {}
        for depth in sorted(set(depths)):
            keys = experiment.at_depth(depth).keys(queries)
            stored = rankings.get_rankings(db, keys.values(), [system.key])
            read[depth] = _AtDepth(
                keys,
                {qid: stored[key][system.key] for qid, key in keys.items() if key in stored},
                rankings.get_docids(db, keys.values()),
                evidence.search_seconds(db, keys.values()),
                evidence.get_evidence(db, keys.values(), system.key),
            )
    graded = {query.qid: qrels[query.qid] for query in queries}
    points = []
    for depth, rows in read.items():
        orders = {qid: answer.ranking.docids for qid, answer in rows.answers.items() if answer.ranking is not None}
        if ignore_identical_ids:
            orders = {qid: tuple(docid for docid in docids if docid != qid) for qid, docids in orders.items()}
        if graded and len(orders) == len(graded):
            values = evaluate(orders, graded, [measure], experiment.level)[measure]
            points.append(_point(depth, sum(values.values()) / len(values), rows, system))
    return _with_estimates(points)


def _point(depth: int, value: float, at_depth: _AtDepth, system: System) -> DepthPoint:
    n = len(at_depth.keys)
    pairs = sum(len(at_depth.found[key]) for key in at_depth.keys.values()) / n
    searches = [seconds for key in at_depth.keys.values() if (seconds := at_depth.retrieve[key]) is not None]
    scores = [0.0] * n if system.model.family == FIRST_STAGE else _warm_seconds(at_depth)
    return DepthPoint(
        depth,
        value,
        n,
        pairs,
        retrieve_seconds=median(searches) if searches else None,
        score_seconds=median(scores) if scores else None,
        timed=len(scores),
        score_estimate=None,
    )


def _warm_seconds(at_depth: _AtDepth) -> list[float]:
    seconds = []
    for qid, key in at_depth.keys.items():
        ranking = at_depth.answers[qid].ranking
        cold = at_depth.evidence[key].cold if key in at_depth.evidence else None
        if ranking is not None and ranking.seconds is not None and cold is False:
            seconds.append(ranking.seconds)
    return seconds


def _with_estimates(points: Sequence[DepthPoint]) -> list[DepthPoint]:
    measured = [point for point in points if point.score_seconds is not None and point.pairs]
    if not measured:
        return list(points)
    deepest = measured[-1]
    a_pair = (deepest.score_seconds or 0.0) / deepest.pairs
    return [replace(point, score_estimate=a_pair * point.pairs) for point in points]


def knee(values: Mapping[int, float], tolerance: float = TOLERANCE) -> int | None:
    """The smallest depth whose value is at most `tolerance` below the best one of the curve; None for an empty curve.

    That is the whole rule: reranking deeper would gain no more than `tolerance` on this data. It asks for no
    smooth curve, and holds also where a reranker gets worse with more candidates.
    """
    if not values:
        return None
    best = max(values.values())
    return min(depth for depth, value in values.items() if value >= best - tolerance)


RECALL_DEPTHS = (10, 20, 50, 100, 200)


def recall_by_depth(
    experiment: Experiment, depths: Sequence[int] = RECALL_DEPTHS, only: Collection[str] | None = None
) -> tuple[dict[int, float], int]:
    """Depth -> mean recall of the candidates that were retrieved at that depth, and over how many queries.

    Over the queries that have a relevant passage (of `only`, where it is given); a depth at which one of
    them was not retrieved yet is left out. ({}, 0) where nothing is graded.
    """
    dataset, level = experiment.dataset, experiment.level
    with experiment.workspace.open() as db:
        labels = judgments.qrels(db, dataset.id)
        queries = {
            query.qid: query for query in datasets.get_queries(db, dataset.id) if only is None or query.qid in only
        }
        relevant = {
            qid: grades for qid, grades in labels.items() if qid in queries and any(g >= level for g in grades.values())
        }
        means = {}
        for depth in depths:
            keys = experiment.at_depth(depth).keys(queries[qid] for qid in relevant)
            values = _recalls(rankings.get_docids(db, keys.values()), keys, relevant, depth, level)
            if relevant and len(values) == len(relevant):
                means[depth] = sum(values) / len(values)
    return means, len(relevant)


def _recalls(
    docids_of: Mapping[str, Sequence[str]],
    keys: Mapping[str, str],
    relevant: Mapping[str, Mapping[str, int]],
    depth: int,
    level: int,
) -> list[float]:
    values = []
    for qid, grades in relevant.items():
        if keys[qid] in docids_of:
            ceiling = recall_ceiling(docids_of[keys[qid]], grades, [depth], level)
            values += [] if ceiling is None else [ceiling[depth]]
    return values
