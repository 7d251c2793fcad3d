"""Clicks that are simulated on graded lists: a position-based user over the candidates of TREC DL 2019's BM25."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rerank_core.corpus.formats.run_order import trec_eval_order
from rerank_core.evaluation.measures import evaluate, mean
from rerank_core.evaluation.names import parse_measure
from rerank_core.monitoring.position_bias import fit
from rerank_core.monitoring.side_by_side import TwoLists, compare

CANDIDATES, REQUESTS, MARGIN = 20, 3_000, 0.02
_SWAPPED = 0.1
"""Of the requests, so many still get the list of the first stage: else no passage would change its place."""


@dataclass(frozen=True)
class World:
    """Graded queries, and each system's order of the same twenty candidates."""

    qrels: dict[str, dict[str, int]]
    orders: dict[str, dict[str, list[str]]]
    quality: dict[str, float]


@dataclass(frozen=True)
class Verdicts:
    """For whom a simulated week speaks: +1 for the other list, -1 for the shown one."""

    graded: int
    raw: int
    corrected: int


def load_world(folder: Path) -> World:
    """The collection's 43 queries, and its runs over the first twenty of BM25."""
    qrels: dict[str, dict[str, int]] = defaultdict(dict)
    for line in (folder / "qrels.full-nist.txt").read_text().splitlines():
        qid, _, docid, grade = line.split()
        qrels[qid][docid] = int(grade)
    runs = {path.stem: _ranks(path) for path in sorted((folder / "runs").glob("*.trec"))}
    first = {qid: order[:CANDIDATES] for qid, order in runs["first-bm25"].items() if qid in qrels}
    orders = {
        name: {qid: _restricted(run.get(qid, []), own) for qid, own in first.items()} for name, run in runs.items()
    }
    ndcg = parse_measure("nDCG@10")
    quality = {name: mean(evaluate(own, dict(qrels), [ndcg])[ndcg]).value for name, own in orders.items()}
    return World(dict(qrels), orders, quality)


def _restricted(order: list[str], candidates: list[str]) -> list[str]:
    """The candidates in this order; what it does not have comes last, as it stood."""
    ranks = {docid: rank for rank, docid in enumerate(order)}
    return sorted(candidates, key=lambda docid: ranks.get(docid, len(ranks)))


def _ranks(path: Path) -> dict[str, list[str]]:
    scores: dict[str, dict[str, float]] = defaultdict(dict)
    for line in path.read_text().splitlines():
        qid, _, docid, _, score, _ = line.split()
        scores[qid][docid] = float(score)
    return {qid: trec_eval_order(own) for qid, own in scores.items()}


def pairs_that_differ(world: World, seed: int) -> Iterator[tuple[str, str]]:
    """(shown, other), shuffled: systems whose graded quality differs by the margin or more."""
    names = [name for name in world.orders if name != "first-bm25"]
    found = [
        (a, b) for a in names for b in names if a != b and abs(world.quality[a] - world.quality[b]) >= MARGIN
    ]  # fmt: skip
    yield from (found[place] for place in np.random.default_rng(seed).permutation(len(found)))


def simulate(world: World, shown: str, other: str, seed: int, eta: float = 1.0) -> Verdicts:
    """Clicks on the list of `shown`: place k is looked at with (1/k)^eta, and a higher grade attracts more."""
    dice = np.random.default_rng(seed)
    qids = list(world.orders[shown])
    looked = (1 / np.arange(1, CANDIDATES + 1)) ** eta
    places, pairs = [], []
    for number in range(REQUESTS):
        qid = qids[dice.integers(len(qids))]
        is_swapped = dice.random() < _SWAPPED
        order = world.orders["first-bm25" if is_swapped else shown][qid]
        grades = np.array([world.qrels[qid].get(docid, 0) for docid in order])
        clicks = dice.random(len(order)) < looked[: len(order)] * (0.05 + 0.9 * (2.0**grades - 1) / 7)
        for place, (docid, own) in enumerate(zip(order, clicks, strict=True), 1):
            places.append((qid, docid, place, bool(own)))
        if not is_swapped:
            clicked = frozenset(docid for docid, own in zip(order, clicks, strict=True) if own)
            pairs.append(TwoLists(str(number), qid, tuple(order), tuple(world.orders[other][qid]), clicked))
    model = fit(places)
    assert model is not None
    found = compare(pairs, model.looked_at)
    assert found is not None
    assert found.gain is not None
    graded = 1 if world.quality[other] > world.quality[shown] else -1
    raw = int(np.sign(found.raw.other - found.raw.one))
    return Verdicts(graded, raw, int(np.sign(found.gain[0])))
