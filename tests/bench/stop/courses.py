"""What the rule that stops grading says on its way to the end, for pairs of rankings whose grades are all known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from rerank_core.evaluation.measures import evaluate
from rerank_core.evaluation.names import parse_measure
from rerank_core.judging.next_grade.next_grade import NextGrade
from tests.bench.simulated_judges import DEPTH, SCALE, in_rank_order, load
from tests.bench.stop.lexical import Run, collection, rankings

STEP, SHARE = 5, 0.2
FAR, MARGIN = 4.5, 0.02
"""Standard deviations from 0, or inside the margin, from which on nothing changes any more."""
_LOOKS = (*range(20, 40, 5), *range(40, 80, 10), *range(80, 160, 20), *range(160, 2_000, 40))


@dataclass(frozen=True, slots=True)
class Look:
    """After so many `grades`: the expected delta, its standard deviation (as the model says it, not widened), P(b
    better), the variance that `counts` more grades leave, and whether the random share speaks against the model.
    """

    grades: int
    delta: float
    spread: float
    p_better: float
    counts: tuple[int, ...]
    left: tuple[float, ...]
    biased: bool


@dataclass(frozen=True, slots=True)
class Course:
    """One pair over one block of queries. `truth`: the mean delta by all grades; `pool`: how many can be asked for."""

    block: str
    a: str
    b: str
    truth: float
    pool: int
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Runs over queries of their own. `name`: of the collection and the part."""

    name: str
    runs: Mapping[str, Run]
    qrels: Mapping[str, Mapping[str, int]]


def blocks(collections: Path) -> list[Block]:
    """The 17 runs of TREC DL 2019 over two halves of its queries, 13 rankings of ESCI over three thirds.

    No query is in two blocks. Every other and every third query, in the order of their ids.
    """
    runs, qrels = load(collections / "trec-dl-2019")
    made = parts("trec-dl-2019", runs, qrels, 2)
    folder = collections / "esci-us-150"
    return made + parts("esci-us-150", rankings(folder), collection(folder)[2], 3)


def parts(name: str, runs: Mapping[str, Run], qrels: Mapping[str, Mapping[str, int]], number: int) -> list[Block]:
    """The collection's graded queries that every run ranks, dealt out to `number` blocks."""
    qids = sorted(set(qrels).intersection(*runs.values()))
    made = []
    for part in range(number):
        own = qids[part::number]
        cut = {run: {qid: ranked[qid] for qid in own} for run, ranked in runs.items()}
        made.append(Block(f"{name}/{part + 1}", cut, {qid: qrels[qid] for qid in own}))
    return made


def pairs(block: Block, most: int, seed: int) -> list[tuple[str, str]]:
    """All pairs of the block's runs, or `most` of them; the seed draws which, and which of the two is b."""
    rng = np.random.default_rng(seed)
    every = list(combinations(sorted(block.runs), 2))
    chosen = [every[at] for at in rng.permutation(len(every))[: most or None]]
    return [pair if keep else pair[::-1] for pair, keep in zip(chosen, rng.random(len(chosen)) < 0.5, strict=True)]


def course(block: Block, a: str, b: str, seed: int) -> Course:
    """Grade the pair's pool to the end of what can change, the most worth first, with 20 % drawn at random."""
    (measure,) = measures = [parse_measure(f"nDCG@{DEPTH}")]
    one, other = (evaluate(block.runs[name], block.qrels, measures)[measure] for name in (a, b))
    truth = float(np.mean([other[qid] - one[qid] for qid in block.qrels]))
    pool = in_rank_order(dict(block.runs[a]), dict(block.runs[b]))
    chooser = NextGrade(block.runs[a], block.runs[b], SCALE, DEPTH, seed, draws=600, wider=1.0)
    looks = list(_looks(chooser, block, pool))
    return Course(block.name, a, b, truth, len(pool), tuple(looks))


def _looks(chooser: NextGrade, block: Block, pool: Sequence[tuple[str, str]]) -> Iterator[Look]:
    grades, due = 0, list(_LOOKS)
    while turns := chooser.turns(STEP, pool, SHARE, grades):
        for one in turns:
            grade = block.qrels[one.qid].get(one.docid, 0)
            chooser.observe(one.qid, one.docid, grade, one.rule == "random")
        grades += len(turns)
        if grades < due[0] and grades < len(pool):
            continue
        due = [look for look in due if look > grades]
        now = chooser.standing(MARGIN)
        counts, left = chooser.ahead
        spread = (now.high - now.low) / (2 * 1.959964)
        yield Look(
            grades, now.delta, spread, now.p_better, tuple(counts.tolist()), tuple(left.tolist()),
            bool(chooser.random_check().biased),
        )  # fmt: skip
        if grades >= 40 and (abs(now.delta) > FAR * spread or abs(now.delta) + FAR * spread < MARGIN):
            return
