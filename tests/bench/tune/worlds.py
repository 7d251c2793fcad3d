"""Does a search of settings keep its word? False alarms, coverage and power on drawn worlds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rerank_core.tuning.answer import outcome_of
from rerank_core.tuning.difference import difference
from rerank_core.tuning.held_out import halves, held_out
from rerank_core.tuning.noise import corrected

SYSTEMS, GAINS = (1, 3), (0.0, 0.02, 0.05)
SETTINGS = 100
SPREAD, FACTORS = 0.08, 5
"""Of one setting's values around another's on a query, and in how many ways they differ: like fusions on scifact."""
OWN = 0.15
"""Of a reranker's value around the first stage's on a query."""


def searched(rng: np.random.Generator, base: np.ndarray, gain: float, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Values of shape (settings, queries), and each setting's true mean difference from `base`."""
    ways = rng.normal(size=(SETTINGS, FACTORS)) / FACTORS**0.5
    true = rng.normal(0.0, spread, SETTINGS) + gain
    return base + ways @ rng.normal(0.0, SPREAD, (FACTORS, len(base))) + true[:, None], true


def one_world(rng: np.random.Generator, queries: int, systems: int, gain: float, spread: float, seed: int) -> tuple:
    """(all intervals hold the truth, some system is called worth it) in one drawn dataset."""
    base = np.clip(rng.normal(0.6, 0.3, queries), 0.0, 1.0)
    choose = halves(queries, 200, seed)
    plain, plain_true = searched(rng, base, 0.0, spread)
    baseline = held_out(plain, choose)
    pseudo, truth = {}, {}
    for system in range(systems):
        values, true = searched(rng, base + rng.normal(0.0, OWN, queries), gain, spread)
        found = held_out(values, choose)
        pseudo[str(system)] = difference(values, found, plain, baseline, choose).pseudo
        truth[str(system)] = float((true[found.chosen] - plain_true[baseline.chosen]).mean())
    fixed, _ = corrected(pseudo, seed, samples=2_000)
    covered = all(one.low <= truth[name] <= one.high for name, one in fixed.items())
    return covered, any(outcome_of(one) == "worth it" for one in fixed.values())


def table(datasets: int, queries: Sequence[int], seed: int) -> list[dict[str, Any]]:
    """One row per number of systems, of queries, and true gain: how often one is called worth it, and how often all
    intervals hold the truth.
    """
    rows = []
    for systems in SYSTEMS:
        for number in queries:
            for gain in GAINS:
                rng = np.random.default_rng(seed)
                # at gain 0 nothing differs: not the system, and no setting from another
                spread = 0.01 if gain else 0.0
                seen = [one_world(rng, number, systems, gain, spread, place) for place in range(datasets)]
                covered, called = (sum(flags) / len(seen) for flags in zip(*seen, strict=True))
                row = {"systems": systems, "queries": number, "gain": gain, "worth it": called, "holds": covered}
                rows.append(row)
    return rows
