"""Grades needed until the 95 % decision between two runs, NIST's grades as the judge: by three orders of asking.

Run from the repository root: python tests/bench/simulated_judges.py [--pairs 40] [--seed 2026] [--json FILE]

Orders, all under the same stopping rule (`NextGrade.standing().may_stop`), asked after every 5 grades:
- matters: `NextGrade.turns`, what matters most, with 20 % drawn at random from the two runs' depth-10 pool;
- pool: the depth-10 pool in rank order (rank 1 of every query and both runs, then rank 2, ...);
- random: the depth-10 pool in random order.
The pool to its end, without any stopping rule, is the reference for the size.

The truth is the mean nDCG@10 delta by the full NIST qrels (unjudged: 0), ranks from the rank column: its sign, and
whether it lies within the margin of 0.02. The
pairs, fixed before any outcome was seen: all 136 pairs of the 17 runs, sorted by the size of their true delta, cut into
five equal parts, and from each the same number drawn by the seed; which of the two is "b" is drawn as well.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from rerank_core.evaluation.measures import evaluate  # noqa: E402
from rerank_core.evaluation.names import parse_measure  # noqa: E402
from rerank_core.judging.next_grade.next_grade import NextGrade  # noqa: E402

COLLECTION = ROOT.parent / "shared" / "collections" / "trec-dl-2019"
DEPTH, SCALE, ORDERS = 10, (0, 1, 2, 3), ("matters", "pool", "random")
CLOSE, MARGIN = 0.01, 0.02

Run = dict[str, list[str]]
Qrels = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One pair under one order. `word`: what was decided; "open": nothing, although the pool is graded to its end.

    `claimed`: its probability. `more_at_50`: from where to where the number of grades to come was said to lie after 50
    grades; None where it was decided by then.
    """

    a: str
    b: str
    order: str
    truth: float
    pool: int
    grades: int
    word: str
    claimed: float
    more_at_50: tuple[int, int] | None
    biased: bool | None

    @property
    def wrong(self) -> bool:
        if self.word == "equal":
            return abs(self.truth) >= MARGIN
        return self.word in ("better", "worse") and (self.word == "better") != (self.truth > 0)


def load(folder: Path) -> tuple[dict[str, Run], Qrels]:
    """The runs by name, in the order of their rank column, and the full NIST qrels."""
    runs: dict[str, Run] = {}
    for path in sorted((folder / "runs").glob("*.trec")):
        rows: dict[str, list[tuple[int, str]]] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            qid, _, docid, rank, _, _ = line.split()
            rows.setdefault(qid, []).append((int(rank), docid))
        runs[path.stem] = {qid: [docid for _, docid in sorted(own)] for qid, own in rows.items()}
    qrels: Qrels = {}
    for line in (folder / "qrels.full-nist.txt").read_text(encoding="utf-8").splitlines():
        qid, _, docid, grade = line.split()
        qrels.setdefault(qid, {})[docid] = int(grade)
    return runs, qrels


def true_values(runs: Mapping[str, Run], qrels: Qrels) -> dict[str, float]:
    """The mean nDCG@10 of each run over all judged queries."""
    measure = parse_measure(f"nDCG@{DEPTH}")
    return {name: float(np.mean([*evaluate(run, qrels, [measure])[measure].values()])) for name, run in runs.items()}


def chosen_pairs(values: Mapping[str, float], pairs: int, seed: int) -> list[tuple[str, str]]:
    """`pairs` of the runs, as evenly as can be from five equal parts by the size of the true delta; 0: all."""
    rng = np.random.default_rng(seed)
    ordered = sorted(combinations(values, 2), key=lambda pair: abs(values[pair[0]] - values[pair[1]]))
    parts = np.array_split(np.arange(len(ordered)), 5)
    drawn = [at for i, part in enumerate(parts) for at in rng.permutation(part)[: (pairs + 4 - i) // 5]]
    picked = [ordered[at] for at in (drawn if pairs else range(len(ordered)))]
    return [pair if keep else pair[::-1] for pair, keep in zip(picked, rng.random(len(picked)) < 0.5, strict=True)]


def in_rank_order(a: Run, b: Run) -> list[tuple[str, str]]:
    """The depth-10 pool: rank 1 of every query in both runs, then rank 2, ..., each pair once."""
    return list(
        dict.fromkeys(
            (qid, run[qid][rank])
            for rank in range(DEPTH)
            for qid in sorted(a.keys() & b.keys())
            for run in (a, b)
            if rank < len(run[qid])
        )
    )


def batches(chooser: NextGrade, order: str, pool: list[tuple[str, str]], step: int, seed: int) -> Iterator[list]:
    """What is asked next, `step` pairs at a time, as (qid, docid, whether it is of the random share)."""
    if order == "matters":
        turn = 0
        while turns := chooser.turns(step, pool, turn=turn):
            turn += len(turns)
            yield [(one.qid, one.docid, one.rule == "random") for one in turns]
        return
    if order == "random":
        pool = [pool[at] for at in np.random.default_rng(seed).permutation(len(pool))]
    for start in range(0, len(pool), step):
        yield [(*pair, False) for pair in pool[start : start + step]]


def simulate(
    runs: Mapping[str, Run], qrels: Qrels, pair: tuple[str, str], truth: float, order: str, seed: int, step: int = 5
) -> Outcome:
    a, b = runs[pair[0]], runs[pair[1]]
    chooser, pool = NextGrade(a, b, SCALE, DEPTH, seed), in_rank_order(a, b)
    grades, more = 0, None
    now = chooser.standing(MARGIN)
    for batch in batches(chooser, order, pool, step, seed):
        for qid, docid, random in batch:
            chooser.observe(qid, docid, qrels.get(qid, {}).get(docid, 0), random)
        grades += len(batch)
        now = chooser.standing(MARGIN, random_share=0.2 if order == "matters" else 0.0)
        if now.may_stop:
            break
        more = now.more if grades == 50 else more
    biased = chooser.random_check().biased if order == "matters" else None
    return Outcome(*pair, order, truth, len(pool), grades, now.word, now.claimed, more, biased)


def quartiles(numbers: list[float], digits: int = 0) -> str:
    low, middle, high = np.percentile(numbers, [25, 50, 75])
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def table(outcomes: list[Outcome]) -> str:
    """Medians with quartiles, misses, for all pairs, close ones and the others."""
    size = {(one.a, one.b): one.pool for one in outcomes}
    pooled = {(one.a, one.b): one.grades for one in outcomes if one.order == "pool"}
    lines = [f"depth-{DEPTH} pooling to its end: {quartiles([*size.values()])} grades, {len(size)} pairs"]
    lines.append(
        f"{'order':8} {'pairs':12} {'n':>3}  {'grades until 95 %':22} {'of the whole pool':22} "
        f"{'of pooling, stopped':22} wrong  undecided"
    )
    kinds = {"all": lambda t: True, f"|d| < {CLOSE}": lambda t: t < CLOSE, f"|d| >= {CLOSE}": lambda t: t >= CLOSE}
    for kind, belongs in kinds.items():
        for order in ORDERS:
            own = [one for one in outcomes if one.order == order and belongs(abs(one.truth))]
            if own:
                lines.append(
                    f"{order:8} {kind:12} {len(own):3}  {quartiles([one.grades for one in own]):22} "
                    f"{quartiles([one.grades / one.pool for one in own], 2):22} "
                    f"{quartiles([one.grades / pooled[one.a, one.b] for one in own], 2):22} "
                    f"{sum(one.wrong for one in own):5}  {sum(one.word == 'open' for one in own):9}"
                )
    return "\n".join(lines)


def remarks(outcomes: list[Outcome]) -> Iterator[str]:
    """The misses one by one, how sure the decisions were, how good the forecast and the random check are."""
    for one in outcomes:
        if one.wrong or one.word == "open":
            said = f"wrong ({one.word})" if one.wrong else "undecided"
            yield f"{said}: {one.order}, {one.a} -> {one.b}, true {one.truth:+.4f}, P {one.claimed:.3f}, {one.grades}"
    matters = [one for one in outcomes if one.order == "matters"]
    sure = np.mean([one.claimed for one in matters if one.word != "open"])
    right = np.mean([not one.wrong for one in matters if one.word != "open"])
    yield f"matters: decisions claim {sure:.3f} on average, {right:.3f} are right"
    ranges = [(one.grades - 50, *one.more_at_50) for one in matters if one.more_at_50]
    if ranges:
        held = sum(low <= needed <= high for needed, low, high in ranges)
        yield f"matters: after 50 grades, the range held what was needed in {held} of {len(ranges)} undecided pairs"
    yield f"matters: the random share speaks against the prior in {sum(bool(one.biased) for one in matters)} pairs"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=40, help="0: all 136")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--json", type=Path)
    told = parser.parse_args()
    runs, qrels = load(COLLECTION)
    values = true_values(runs, qrels)
    started, outcomes = time.perf_counter(), []
    for pair in chosen_pairs(values, told.pairs, told.seed):
        truth = values[pair[1]] - values[pair[0]]
        own = [simulate(runs, qrels, pair, truth, order, told.seed) for order in ORDERS]
        outcomes += own
        said = "; ".join(f"{one.order} {one.grades}{' WRONG' if one.wrong else ''}" for one in own)
        print(f"{pair[0]} -> {pair[1]}: {truth:+.4f}, pool {own[0].pool}: {said}", flush=True)
    print(table(outcomes), *remarks(outcomes), sep="\n")
    print(f"seed {told.seed}; Python {platform.python_version()}, numpy {np.__version__}; ", end="")
    print(f"{time.perf_counter() - started:.0f} s")
    if told.json:
        told.json.write_text(json.dumps([asdict(one) for one in outcomes], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
