"""How fast measures are computed here, beside other libraries alone: a whole set, and one grade while a person judges.

Everything is timed in turn, round after round, and compared within a round: what else runs on the machine then slows
all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle
from time import perf_counter
from typing import Any, cast

from rerank_core.evaluation.compare import compare_all
from rerank_core.evaluation.live import LiveMeasures
from rerank_core.evaluation.measures import evaluate, evaluate_query, mean
from rerank_core.evaluation.names import parse_measure
from rerank_core.types import Progress, no_progress
from tests.bench.measures.peers import SHARED, Means, missing, open_peer
from tests.bench.measures.world import MeasuresWorld, make_world, scored
from tests.bench.retrieve.timing import alone

OWN = [parse_measure(name) for name in ("RR@10", "Judged@10", "nDCG_exp@10", "nDCG_condensed@10")]
"""Measures of ours beside SHARED."""
LIVE = [parse_measure(name) for name in ("nDCG@10", "RR@10", "P@5", "R@100", "Judged@10")]
"""What the board shows while somebody grades."""
GROWTH = (1, 10, 100, 1000)
"""Numbers of queries."""
QUICK = 50
"""How often in a round what takes a millisecond is done; its time is that of one."""
WHOLE, UPDATE = "evaluate", "live update"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is measured: so many queries, documents of each, systems and rounds, beside those peers."""

    queries: int
    documents: int
    systems: int
    rounds: int
    against: tuple[str, ...]
    seed: int = 1


def measure(asked: Asked, progress: Progress = no_progress) -> dict[str, Any]:
    """The figures of each of ours and of each peer by name.

    A ratio is our time by the peer's within a round, as (lower quartile, median, upper quartile): under 1 we are
    faster. `live update` stands beside what the peer takes to compute the measures of the one query (`ratio`) and of
    all queries (`ratio_to_all`) for every system anew; it holds the means and the differences as well, the peer does
    not. Peers have their own form of the data ready, we have not. `max_drift`: the largest difference of a mean of ours
    to the peer's. `peak_mb`: that of a fresh process which makes the data and does this; `data_mb`: only makes it.
    """
    absent = {name: lack for name in asked.against if (lack := missing(name))}
    peers = [name for name in dict.fromkeys(asked.against) if name not in absent]
    world = _world(asked)
    ours, theirs = _ours(world), {name: _of_peer(name, world) for name in peers}
    ways = {**ours, **{f"{name}: {what}": work for name, own in theirs.items() for what, work in own.items()}}
    times = _timed(ways, asked.rounds, progress)
    found = {name: _figures(name, times, peers) for name in ours}
    means = _means(world)
    for name in peers:
        found[name] = {"seconds": _median(times[f"{name}: all"]), "one_query_seconds": _median(times[f"{name}: one"])}
        found[name] |= _drift(means, theirs[name]["all"]())
    data = alone(partial(_data, asked))["peak_mb"]
    for name in (WHOLE, *peers):
        progress(0, 0, f"memory of {name}")
        found[name]["peak_mb"] = alone(partial(_once, asked, name))["peak_mb"]
    return {"shared": [str(one) for one in SHARED], "systems": found, "absent": absent, "data_mb": data}


def growth(asked: Asked, progress: Progress = no_progress) -> list[dict[str, float]]:
    """For each of GROWTH: the milliseconds of `evaluate` and of one live update, and those of the peers."""
    peers = [name for name in dict.fromkeys(asked.against) if not missing(name)]
    rows = []
    for queries in GROWTH:
        world = _world(replace(asked, queries=queries))
        ours = _ours(world)
        ways = {name: ours[name] for name in (WHOLE, UPDATE)} | {name: _of_peer(name, world)["all"] for name in peers}
        times = _timed(ways, asked.rounds, progress)
        row: dict[str, float] = {"queries": queries, "ms_a_query": 1000 * _median(times[WHOLE]) / queries}
        rows.append(row | {f"{name} ms": 1000 * _median(own) for name, own in times.items()})
    return rows


def _world(asked: Asked) -> MeasuresWorld:
    return make_world(asked.queries, asked.documents, asked.systems, asked.seed)


def _ours(world: MeasuresWorld) -> dict[str, Callable[[], Any]]:
    """What is timed of ours, each from rankings and grades as the workspace holds them."""
    (main, *_), ndcg = world.systems, SHARED[0]
    values = {system: evaluate(own, world.qrels, [ndcg])[ndcg] for system, own in world.systems.items()}
    ways: dict[str, Callable[[], Any]] = {
        WHOLE: partial(_evaluate, world, SHARED),
        f"{WHOLE}, {len(OWN)} more measures": partial(_evaluate, world, SHARED + OWN),
        "a query at a time": partial(_by_query, world),
    }
    if len(values) > 1:
        ways["differences with intervals and tests"] = partial(compare_all, values, main)
    return ways | {"live set up": partial(_live, world), UPDATE: _updates(world)}


def _evaluate(world: MeasuresWorld, measures: list[Any]) -> dict[str, Any]:
    return {system: evaluate(own, world.qrels, measures) for system, own in world.systems.items()}


def _by_query(world: MeasuresWorld) -> None:
    for own in world.systems.values():
        for qid, grades in world.qrels.items():
            evaluate_query(own[qid], grades, SHARED)


def _live(world: MeasuresWorld) -> LiveMeasures:
    return LiveMeasures(world.systems, world.qrels, LIVE, next(iter(world.systems)))


def _updates(world: MeasuresWorld) -> Callable[[], None]:
    """One grade of one query changes, and its figures are read, QUICK times."""
    live, (qid, *_) = _live(world), world.qrels
    docid = world.systems[next(iter(world.systems))][qid][0]
    grade = cycle(range(4))

    def updates() -> None:
        for _ in range(QUICK):
            live.update(qid, {**world.qrels[qid], docid: next(grade)})
            live.query(qid)

    return updates


def _of_peer(name: str, world: MeasuresWorld) -> dict[str, Callable[[], Means]]:
    """The peer over all queries, its data ready; and over one, with its data made anew as a new grade needs it."""
    qid = next(iter(world.qrels))

    def one() -> Means:
        runs = {system: {qid: scored(own[qid])} for system, own in world.systems.items()}
        return open_peer(name, {qid: world.qrels[qid]}, runs)()

    return {"all": open_peer(name, world.qrels, world.runs()), "one": one}


def _timed(ways: Mapping[str, Callable[[], Any]], rounds: int, progress: Progress) -> dict[str, list[float]]:
    """Way -> its seconds, round by round; each was done once before."""
    for name, work in ways.items():
        progress(0, rounds, f"{name}, for the first time")
        work()
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, work in ways.items():
            progress(number, rounds, name)
            started = perf_counter()
            work()
            times[name].append((perf_counter() - started) / (QUICK if name == UPDATE else 1))
    return times


def _figures(name: str, times: Mapping[str, list[float]], peers: list[str]) -> dict[str, Any]:
    what = "one" if name == UPDATE else "all"
    figures = {
        "seconds": _median(times[name]),
        "ratio": {peer: _quartiles(times[name], times[f"{peer}: {what}"]) for peer in peers},
    }
    if name == UPDATE:
        figures["ratio_to_all"] = {peer: _quartiles(times[name], times[f"{peer}: all"]) for peer in peers}
    return figures


def _means(world: MeasuresWorld) -> Means:
    return {
        system: {one: mean(values).value or 0.0 for one, values in own.items()}
        for system, own in _evaluate(world, SHARED).items()
    }


def _drift(ours: Means, theirs: Means) -> dict[str, Any]:
    """The largest difference of a mean, and the measure that it is of."""
    drifts = [
        (abs(value - theirs[system][one]), str(one)) for system, own in ours.items() for one, value in own.items()
    ]
    largest, of = max(drifts)
    return {"max_drift": largest, "drift_of": of}


def _data(asked: Asked) -> dict[str, Any]:
    _world(asked)
    return {}


def _once(asked: Asked, name: str) -> dict[str, Any]:
    world = _world(asked)
    work = partial(_evaluate, world, SHARED) if name == WHOLE else open_peer(name, world.qrels, world.runs())
    work()
    return {}


def _median(seconds: list[float]) -> float:
    return _quartiles(seconds, [1.0] * len(seconds))[1]


def _quartiles(ours: list[float], theirs: list[float]) -> list[float]:
    import numpy as np

    return cast(list[float], np.quantile(np.divide(ours, theirs), [0.25, 0.5, 0.75]).tolist())
