"""1,000 queries x 100 documents x 5 systems: all measures and deltas, and one live grade, beside pytrec_eval alone.

Run from the repository root: python tests/bench/measures.py [--seed 1]
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pytrec_eval

from rerank_core.evaluation.compare import compare_all
from rerank_core.evaluation.live import LiveMeasures
from rerank_core.evaluation.measures import evaluate, evaluate_query
from rerank_core.evaluation.names import parse_measure
from rerank_core.evaluation.trec import trec_name

SHARED = [parse_measure(name) for name in ("nDCG@10", "AP", "P@5", "R@100", "Bpref")]
OURS = [parse_measure(name) for name in ("RR@10", "Judged@10", "nDCG_exp@10", "nDCG_condensed@10")]
LIVE = [parse_measure(name) for name in ("nDCG@10", "RR@10", "P@5", "R@100", "Judged@10")]
QUERIES, DEPTH, SYSTEMS = 1_000, 100, 5


def median_ms(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1_000)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    seed = parser.parse_args().seed
    rng = random.Random(seed)
    pool = {f"q{i}": [f"d{i}-{j}" for j in range(150)] for i in range(QUERIES)}
    qrels = {qid: {d: rng.choice([0, 0, 0, 1, 2, 3]) for d in rng.sample(docs, 60)} for qid, docs in pool.items()}
    systems = {f"s{i}": {qid: rng.sample(docs, DEPTH) for qid, docs in pool.items()} for i in range(SYSTEMS)}

    def run_dicts() -> list:
        return [
            {qid: {d: float(DEPTH - i) for i, d in enumerate(docs)} for qid, docs in own.items()}
            for own in systems.values()
        ]

    runs = run_dicts()

    def alone(measures: list) -> None:
        for run in runs:
            pytrec_eval.RelevanceEvaluator(qrels, {trec_name(m) for m in measures}).evaluate(run)

    def ours(measures: list) -> dict:
        return {system: evaluate(own, qrels, measures) for system, own in systems.items()}

    print(f"seed {seed}; {QUERIES} queries x {DEPTH} documents x {SYSTEMS} systems; medians")
    alone(SHARED), ours(SHARED)
    base = median_ms(lambda: alone(SHARED), 5)
    print(f"pytrec_eval alone, run dicts ready, {len(SHARED)} measures: {base:.0f} ms (1.00)")
    took = base + median_ms(run_dicts, 5)
    print(f"pytrec_eval alone, making the run dicts from rankings too: {took:.0f} ms ({took / base:.2f})")
    for name, measures in (("the same measures", SHARED), ("and our four", SHARED + OURS)):
        took = median_ms(lambda measures=measures: ours(measures), 5)
        print(f"evaluate, {name}: {took:.0f} ms ({took / base:.2f})")
    by_query = median_ms(
        lambda: [evaluate_query(own[q], qrels[q], SHARED) for own in systems.values() for q in qrels], 3
    )
    print(f"evaluate_query over all, the same measures: {by_query:.0f} ms ({by_query / base:.2f})")

    ndcg = SHARED[0]
    values = {system: scores[ndcg] for system, scores in ours([ndcg]).items()}
    compare_all(values, "s0")
    took = median_ms(lambda: compare_all(values, "s0"), 3)
    print(f"4 comparisons with intervals and tests, {QUERIES} queries: {took:.0f} ms ({took / base:.2f})")

    grades = qrels["q7"]
    one = median_ms(lambda: evaluate_query(systems["s0"]["q7"], grades, LIVE), 300)
    print(f"one query, 5 measures: {one:.3f} ms")
    start = time.perf_counter()
    live = LiveMeasures(systems, qrels, LIVE, "s0")
    print(f"LiveMeasures set up: {(time.perf_counter() - start) * 1_000:.0f} ms")

    def grade_again() -> None:
        live.update("q7", {**grades, "d7-3": rng.choice([0, 1, 2, 3])})
        live.query("q7")

    took = median_ms(grade_again, 300)
    print(
        f"LiveMeasures.update and query, {SYSTEMS} systems x {len(LIVE)} measures with means and deltas: {took:.2f} ms"
    )


if __name__ == "__main__":
    main()
