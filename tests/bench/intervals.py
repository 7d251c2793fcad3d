"""Do the intervals and the test keep their word? Prints coverage and false-positive rates, with the seed.

Run from the repository root: python tests/bench/intervals.py [--datasets 4000] [--queries 60] [--seed 1]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rerank_core.evaluation.bootstrap import mean_interval
from rerank_core.evaluation.power import detectable_difference
from rerank_core.evaluation.randomisation import randomisation_p


def deltas_like_ndcg(rng: np.random.Generator, size: tuple[int, int], shift: float) -> tuple[np.ndarray, float]:
    """Per-query deltas with a known mean: 3 of 10 are ties, the others skewed to the right; mean 0.7 * shift."""
    skewed = rng.gamma(2.0, 0.1, size) - 0.2 + shift
    return np.where(rng.random(size) < 0.3, 0.0, skewed), 0.7 * shift


def symmetric_null(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Deltas whose sign is pure chance: the hypothesis that the test tests."""
    values = rng.gamma(2.0, 0.1, size) * rng.choice([-1.0, 1.0], size)
    return np.where(rng.random(size) < 0.3, 0.0, values)


def share(flags: list[bool]) -> str:
    """The rate with its own uncertainty, and how much it moves from one 400 to the next: 400 alone are too few."""
    rate = sum(flags) / len(flags)
    text = f"{rate:.4f} (± {1.96 * (rate * (1 - rate) / len(flags)) ** 0.5:.4f} from {len(flags)} datasets"
    batches = [sum(flags[start : start + 400]) / 400 for start in range(0, len(flags) - 399, 400)]
    return text + (f"; batches of 400: {min(batches):.4f} to {max(batches):.4f})" if len(batches) > 1 else ")")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--datasets", type=int, default=4_000)
    parser.add_argument("--queries", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resamples", type=int, default=9_999)
    told = parser.parse_args()
    rng, size = np.random.default_rng(told.seed), (told.datasets, told.queries)
    print(f"seed {told.seed}, {told.datasets} datasets of {told.queries} queries, {told.resamples} resamples")
    started = time.perf_counter()

    data, truth = deltas_like_ndcg(rng, size, 0.06)
    for widen in (True, False):
        covered, missed_low, missed_high = [], 0, 0
        for row, deltas in enumerate(data):
            interval = mean_interval(deltas.tolist(), seed=row, resamples=told.resamples, widen=widen)
            covered.append(interval.low <= truth <= interval.high)
            missed_low += truth < interval.low
            missed_high += truth > interval.high
        name = "BCa, widened (what the app shows)" if widen else "BCa, plain"
        print(f"coverage of the 95 % interval, {name}: {share(covered)}; truth below {missed_low}, above {missed_high}")

    null = symmetric_null(rng, size)
    print(f"false positives at 0.05: {share([randomisation_p(row.tolist(), i) <= 0.05 for i, row in enumerate(null)])}")

    base = symmetric_null(rng, size)
    shift = detectable_difference(float(base.std(ddof=1)), told.queries)
    found = [randomisation_p((row + shift).tolist(), i) <= 0.05 for i, row in enumerate(base)]
    print(f"power at the detectable difference ({shift:+.4f}, meant to be 0.80): {share(found)}")
    print(f"{time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
