"""How long a search takes once everything is ranked, beside a plain loop over settings, queries and passages."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from rerank_core.evaluation.formulas import dcg, ideal_gains, linear_gain
from rerank_core.evaluation.names import parse_measure
from rerank_core.retrieval.fusion import fuse
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.tuning.difference import difference
from rerank_core.tuning.held_out import halves, held_out
from rerank_core.tuning.noise import corrected
from rerank_core.tuning.query_lists import QueryLists, query_lists
from rerank_core.tuning.search_space import FirstStage, SearchSpace, Setting
from rerank_core.tuning.values import values
from rerank_core.types import Progress, Ranking, ScoredDoc, no_progress

DEPTH, CORPUS = 100, 2_000


def drawn_lists(queries: int, systems: int, seed: int) -> list[QueryLists]:
    """Made-up queries: two lists of 100 that share about a third, every passage scored by each system, 5 graded."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(queries):
        relevance = rng.normal(size=CORPUS)
        lists = {}
        for name in ("bm25", "dense"):
            scores = relevance + rng.normal(size=CORPUS)
            best = np.argsort(-scores)[:DEPTH]
            lists[name] = [ScoredDoc(f"d{doc}", float(scores[doc]), rank) for rank, doc in enumerate(best, 1)]
        held = {doc.docid for docs in lists.values() for doc in docs}
        reranked = {
            str(system): {docid: float(relevance[int(docid[1:])] + rng.normal()) for docid in held}
            for system in range(systems)
        }
        grades = {f"d{doc}": 1 + place % 3 for place, doc in enumerate(np.argsort(-relevance)[:5])}
        made.append(query_lists(f"q{number}", lists, reranked, grades))
    return made


def timed(
    queries: int, systems: int, most: int, splits: int, seed: int, progress: Progress = no_progress
) -> dict[str, Any]:
    """Seconds (wall, and of all processors) for each step of a search, and for the plain loop on a part of it."""
    space, measure = SearchSpace(most=most), parse_measure("nDCG@10")
    lists, default = drawn_lists(queries, systems, seed), FirstStage()
    steps: dict[str, list[float]] = {}

    def step(name: str, wall: float, processor: float) -> None:
        kept = steps.setdefault(name, [0.0, 0.0])
        kept[0] += time.perf_counter() - wall
        kept[1] += time.process_time() - processor

    begun = time.perf_counter(), time.process_time()
    choose = halves(queries, splits, seed)
    plain = values(lists, space.first_stages(default, seed), measure, progress=progress)
    step("values, first stage", *begun)
    begun = time.perf_counter(), time.process_time()
    baseline = held_out(plain, choose)
    step("halves and choices", *begun)
    pseudo = {}
    for system in map(str, range(systems)):
        begun = time.perf_counter(), time.process_time()
        table = values(lists, space.reranked(default, False, seed), measure, system=system, progress=progress)
        step("values, reranked", *begun)
        begun = time.perf_counter(), time.process_time()
        found = held_out(table, choose)
        step("halves and choices", *begun)
        begun = time.perf_counter(), time.process_time()
        pseudo[system] = difference(table, found, plain, baseline, choose).pseudo
        step("difference", *begun)
    begun = time.perf_counter(), time.process_time()
    corrected(pseudo, seed)
    step("correction", *begun)
    settings = space.first_stages(default, seed)
    few_settings, few_queries = settings[:: max(1, len(settings) // 50)], lists[: min(10, queries)]
    begun = time.perf_counter(), time.process_time()
    looped = plain_values(few_queries, few_settings)
    step("loop", *begun)
    wall, processor = steps.pop("loop")
    ours = values(few_queries, few_settings, measure)
    cells = looped.size
    every = queries * len(settings)
    return {
        "steps": {name: {"seconds": wall, "processor": own} for name, (wall, own) in steps.items()},
        "loop": {"cells": cells, "seconds": wall, "processor": processor, "whole": processor / cells * every},
        "settings": len(settings),
        "largest_difference": float(np.abs(looped - ours).max()),
    }


def plain_values(lists: Sequence[QueryLists], settings: Sequence[Setting]) -> np.ndarray:
    """What a person would write: each setting's fusion on each query by the app's own function, then its nDCG@10."""
    table = np.zeros((len(settings), len(lists)))
    for column, one in enumerate(lists):
        grades = dict(zip(one.docids, one.grades.tolist(), strict=True))
        ideal = dcg(ideal_gains(one.judged, linear_gain, 10))
        by_list = {}
        for name, ranks in one.ranks.items():
            held = sorted((int(rank), place) for place, rank in enumerate(ranks) if rank)
            by_list[name] = [ScoredDoc(one.docids[at], float(one.scores[name][at]), rank) for rank, at in held]
        for row, setting in enumerate(settings):
            first = setting.first
            cut = {name: Ranking(one.qid, name, tuple(by_list[name][: first.depth])) for name in first.lists}
            pair = len(first.lists) == 2
            weights = (1 - first.weight, first.weight) if pair and first.fusion != "rrf" else ()
            asked = RetrievalSettings(first.lists, first.fusion if pair else "rrf", weights, rrf_k=first.rrf_k)
            gains = [linear_gain(max(0, grades[doc.docid])) for doc in fuse(cut, asked)[: min(10, first.depth)]]
            table[row, column] = dcg(gains) / ideal
    return table
