"""How fast cross-encoders are scored here, beside other libraries and beside what the machine can do at all.

Everything is timed in turn, round after round, and compared within a round: what else runs on the machine then slows
all of them. On a machine that is shared, ratios of CPU seconds say more than those of wall seconds.
"""

from __future__ import annotations

import gc
import resource
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, cast

from rerank_core.inference.device import abilities
from rerank_core.inference.encoders.encoder_weights import read_weights
from rerank_core.inference.engine import Engine, open_engine
from rerank_core.inference.pair_tokens import PairTokens
from rerank_core.inference.precision import RUNNERS, Precision, Runner, ways
from rerank_core.types import Progress, no_progress
from tests.bench.rerank.matrix_rate import products_of_a_layer, rate
from tests.bench.rerank.peers import Score, missing, open_peer
from tests.bench.rerank.world import pairs, tau, write_model

BASELINE = "predict"
OURS: tuple[Precision, ...] = ("exact", "fast", "preview")
LONGEST_INPUT = 512
GROWTH = (
    *((1, count, 143) for count in (10, 100, 1000)),
    *((1, 100, tokens) for tokens in (32, 64, 128, 256, 512)),
    *((queries, 20, 143) for queries in (1, 10)),
)
"""(queries, pairs of each, tokens of a pair in the mean): one of them grows at a time."""


@dataclass(slots=True)
class Timed:
    """One way to score the pairs: its seconds, round by round, and its last scores. `mb`: the memory that it took."""

    score: Score
    mb: float | None
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    scores: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is measured: a shape, so many pairs of so many tokens in the mean, in so many rounds, on a device."""

    shape: str
    count: int
    tokens: int
    rounds: int
    against: tuple[str, ...]
    device: str = "cpu"


def measure(asked: Asked, folder: Path, progress: Progress = no_progress) -> dict[str, Any]:
    """The figures of each system by name, those of the machine's matrix products, and the growth of the cost.

    A ratio is the baseline's time by the system's within a round, as (lower quartile, median, upper quartile): above 1
    the system is faster. `share` is the part of the matrix rate of its own arithmetic that a system reaches.
    """
    write_model(asked.shape, folder)
    tokenizer = _tokenizer(folder)
    query, texts = pairs(tokenizer, asked.count, asked.tokens)
    lengths = [len(pair) for pair in PairTokens(tokenizer, LONGEST_INPUT).pairs(query, texts)]
    engines: dict[str, Engine] = {}
    opens: dict[str, Callable[[], Score]] = {
        name: partial(_engine_score, engines, folder, asked.device, name) for name in OURS
    }
    absent = {}
    for name in dict.fromkeys((BASELINE, *asked.against)):
        if lack := missing(name):
            absent[name] = lack
        else:
            opens[name] = partial(open_peer, name, folder, asked.device)
    systems = {}
    for number, (name, opened) in enumerate(opens.items()):
        progress(number, len(opens), f"opening {name}")
        systems[name] = _opened(opened, query, texts)
    weights = read_weights(_model(folder, "cpu"))
    plans = {name: one.plan for name, one in engines.items()}
    here = abilities(asked.device)
    products = {
        (own.arithmetic, way.runner): products_of_a_layer(weights, own.arithmetic, asked.device, way.runner == "onednn")
        for own in plans.values()
        for way in ways(own, here)
        if way.runner != "openvino"
    }
    timed: dict[tuple[str, Runner], list[tuple[float, float]]] = {name: [] for name in products}
    for number in range(asked.rounds):
        for name, one in systems.items():
            progress(number, asked.rounds, name)
            wall, cpu, one.scores = _time(partial(one.score, query, texts))
            one.wall.append(wall)
            one.cpu.append(cpu)
        for name, product in products.items():
            wall, cpu, done = _time(product)
            timed[name].append((done / wall, done / cpu))
    # what the machine can do at all is what the faster products do
    rates = {
        arithmetic: max((own for (kind, _), own in timed.items() if kind == arithmetic), key=_cpu_rate)
        for arithmetic, _ in timed
    }
    work = sum(weights.flops(length) for length in lengths)
    found = {name: _figures(one, systems) for name, one in systems.items()}
    for name, own in plans.items():
        found[name] |= {"arithmetic": own.arithmetic, "runner": own.runner, "runs_as": engines[name].description}
        found[name] |= _share(systems[name], work, rates[own.arithmetic])
    return {
        "shape": asked.shape,
        "pairs": asked.count,
        "mean_tokens": sum(lengths) / len(lengths),
        "gflop": work / 1e9,
        "systems": found,
        "absent": absent,
        "matrix_rate": {name: rate(own) for name, own in rates.items()},
        "matrix_rates": {f"{kind}, {RUNNERS[runner]}": rate(own) for (kind, runner), own in timed.items()},
    }


def growth(asked: Asked, folder: Path, progress: Progress = no_progress) -> list[dict[str, float]]:
    """The seconds of `exact` for each of GROWTH.

    CPU seconds on a CPU: another program's work is not in them.
    """
    write_model(asked.shape, folder)
    tokenizer = _tokenizer(folder)
    engine = open_engine(_model(folder, asked.device), tokenizer, LONGEST_INPUT, "exact", asked.device)
    rows = []
    engine.score("warm", ["up"] * 8)
    for number, (queries, count, tokens) in enumerate(GROWTH):
        progress(number, len(GROWTH), f"{count} pairs of {tokens} tokens")
        given = [pairs(tokenizer, count, tokens, seed=seed) for seed in range(queries)]
        held = [len(pair) for query, texts in given for pair in engine.tokens.pairs(query, texts)]
        wall, cpu, _ = _time(partial(_all, engine, given))
        seconds = cpu if asked.device == "cpu" else wall
        rows.append({"queries": queries, "pairs": count, "mean_tokens": sum(held) / len(held), "seconds": seconds,
                     "ms_a_pair": 1000 * seconds / len(held)})  # fmt: skip
    return rows


def _all(engine: Engine, given: Sequence[tuple[str, list[str]]]) -> None:
    for query, texts in given:
        engine.score(query, texts)


def _opened(opened: Callable[[], Score], query: str, texts: Sequence[str]) -> Timed:
    """Opened and warm. Its memory is what the process grew by, the model's weights among it."""
    before = _resident_mb()
    score = opened()
    scores = score(query, texts)
    gc.collect()
    after = _resident_mb()
    return Timed(score, after - before if before is not None and after is not None else None, scores=scores)


def _engine_score(engines: dict[str, Engine], folder: Path, device: str, precision: Precision) -> Score:
    engines[precision] = open_engine(_model(folder, device), _tokenizer(folder), LONGEST_INPUT, precision, device)
    return engines[precision].score


def _cpu_rate(rates: Sequence[tuple[float, float]]) -> float:
    return rate(rates)["cpu_gflops"]


def _model(folder: Path, device: str) -> Any:
    from transformers import AutoModelForSequenceClassification

    return AutoModelForSequenceClassification.from_pretrained(str(folder)).to(device).eval()


def _tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(folder))


def _time(work: Callable[[], Any]) -> tuple[float, float, Any]:
    wall, cpu = perf_counter(), process_time()
    found = work()
    return perf_counter() - wall, process_time() - cpu, found


def _resident_mb() -> float | None:
    """The memory that this process holds now; None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError):
        return None
    return pages * resource.getpagesize() / 1e6


def _figures(one: Timed, systems: Mapping[str, Timed]) -> dict[str, Any]:
    import numpy as np

    exact, baseline = systems["exact"].scores, systems[BASELINE]
    return {
        "seconds": float(np.median(one.wall)),
        "cpu_seconds": float(np.median(one.cpu)),
        "ratio": _quartiles(np.divide(baseline.wall, one.wall)),
        "cpu_ratio": _quartiles(np.divide(baseline.cpu, one.cpu)),
        "max_drift": float(np.max(np.abs(np.subtract(one.scores, exact)))),
        "tau": tau(one.scores, exact),
        "mb": one.mb,
    }


def _quartiles(values: Any) -> list[float]:
    import numpy as np

    return cast(list[float], np.quantile(values, [0.25, 0.5, 0.75]).tolist())


def _share(one: Timed, work: int, rates: Sequence[tuple[float, float]]) -> dict[str, list[float]]:
    """Quartiles of what it does in a second by what the matrix products did in the same round."""
    import numpy as np

    wall, cpu = np.transpose(rates)
    return {
        "share": _quartiles(work / np.asarray(one.wall) / wall),
        "cpu_share": _quartiles(work / np.asarray(one.cpu) / cpu),
    }
