"""Other libraries that compute the same measures of the same rankings, each as its documentation has it."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from rerank_core.evaluation.names import Measure, parse_measure
from tests.support.trec_names import trec_name

Runs = dict[str, dict[str, dict[str, float]]]
"""system -> qid -> docid -> score."""
Grades = dict[str, dict[str, int]]
Means = dict[str, dict[Measure, float]]
"""system -> measure -> mean over the queries."""

SHARED = [parse_measure(name) for name in ("nDCG@10", "AP", "P@5", "R@100", "Bpref")]
"""What all of them compute."""

PEERS = ("pytrec_eval", "ranx", "ir_measures")
"""Each is also the module that it needs."""

_RANX = dict(zip(SHARED, ("ndcg@10", "map", "precision@5", "recall@100", "bpref"), strict=True))


def missing(peer: str) -> str:
    """Which module a peer lacks here; "" for none."""
    return "" if find_spec(peer) else peer


def open_peer(peer: str, qrels: Grades, runs: Runs) -> Callable[[], Means]:
    """What computes the means of all SHARED; `qrels` and `runs` are put into the library's own form before."""
    return _OPENERS[peer](qrels, runs)


def _pytrec_eval(qrels: Grades, runs: Runs) -> Callable[[], Means]:
    import pytrec_eval

    names = {measure: name for measure in SHARED if (name := trec_name(measure))}

    def means() -> Means:
        found: Means = {}
        for system, run in runs.items():
            rows = pytrec_eval.RelevanceEvaluator(qrels, set(names.values())).evaluate(run)
            found[system] = {
                measure: pytrec_eval.compute_aggregated_measure(name, [row[name] for row in rows.values()])
                for measure, name in names.items()
            }
        return found

    return means


def _ranx(qrels: Grades, runs: Runs) -> Callable[[], Means]:
    import ranx

    judged, ranked = ranx.Qrels(qrels), {system: ranx.Run(run) for system, run in runs.items()}

    def means() -> Means:
        rows = {system: ranx.evaluate(judged, run, list(_RANX.values())) for system, run in ranked.items()}
        return {system: {measure: float(row[name]) for measure, name in _RANX.items()} for system, row in rows.items()}

    return means


def _ir_measures(qrels: Grades, runs: Runs) -> Callable[[], Means]:
    import ir_measures

    names: dict[Measure, Any] = {measure: ir_measures.parse_measure(str(measure)) for measure in SHARED}

    def means() -> Means:
        rows = {system: ir_measures.calc_aggregate(names.values(), qrels, run) for system, run in runs.items()}
        return {system: {measure: row[name] for measure, name in names.items()} for system, row in rows.items()}

    return means


_OPENERS: dict[str, Callable[[Grades, Runs], Callable[[], Means]]] = {
    "pytrec_eval": _pytrec_eval,
    "ranx": _ranx,
    "ir_measures": _ir_measures,
}
