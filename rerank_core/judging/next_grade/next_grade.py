"""The next grade that matters most: which pair to grade for the verdict between two systems, and when to stop.

For systems a and b and Q queries, the mean delta in nDCG@k is

    delta = 1/Q sum_q (sum_i gap_i gain_i) / ideal_q,    gap_i = 1/log2(rank_b(i) + 1) - 1/log2(rank_a(i) + 1)

with 0 for a rank below k. A missing grade is uncertain, so the delta is, and so is every query's ideal. The worth of a
grade is how much it is expected to take off the variance of the delta (`worth.worths`): the gap in discount times the
uncertainty of the grade, what it does to the ideal, and what it tells about passages like it. That is the idea of
Carterette, Allan & Sitaraman, SIGIR 2006, doi 10.1145/1148170.1148219 (there for average precision), for graded nDCG
over several queries. What is known of a missing grade comes from `grade_prior`; P from draws (`delta_draws`).

What is random is the missing grades, nothing else: P(b better) says what full judgement of *these* queries, down to the
last passage that a or b ranks, would find. It says nothing of other queries: that is the interval over queries of the
page Evaluate. A passage that neither ranks counts in the ideal once it is graded, and is taken for not relevant before.

    chooser = NextGrade(a, b, scale=(0, 1, 2, 3))        # a, b: qid -> docids, best first: all of it, not the top k
    chooser.set_grades(grades, random=pairs)             # random: the (qid, docid) that came by the rule "random"
    chooser.turns(30, pool=pairs)                        # the queue, its random share drawn from the pool
    chooser.standing(0.02), chooser.calibration(), chooser.random_check()
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, sqrt
from typing import TYPE_CHECKING

import numpy as np

from rerank_core.errors import SettingsError
from rerank_core.judging.next_grade.calibration import Bin, bins, predictions
from rerank_core.judging.next_grade.curvature import sums_by_query
from rerank_core.judging.next_grade.decision import Decision, check_margin, decision, spread_of, word_of
from rerank_core.judging.next_grade.delta_draws import DeltaDraws
from rerank_core.judging.next_grade.forecast import Goal, forecast, normal_paths
from rerank_core.judging.next_grade.grade_prior import Coefficients, GradePrior, PriorBelief
from rerank_core.judging.next_grade.ideal import Ideal, ratio
from rerank_core.judging.next_grade.outlook import Evidence, Outlook, outlook_of_delta
from rerank_core.judging.next_grade.pair_table import Scores, pair_table
from rerank_core.judging.next_grade.random_check import RandomCheck, random_check
from rerank_core.judging.next_grade.stopping import (
    MINIMUM,
    VerdictStanding,
    grades_until_left,
    standing,
    variances_ahead,
)
from rerank_core.judging.next_grade.worth import pull_on_coefficients, shared_variance, worths
from rerank_core.judging.pool import Pair, interleaved, random_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Bin", "Decision", "NextGrade", "RandomCheck", "Turn", "VerdictStanding", "Worth"]

WIDER = 1.1
"""How many times wider than the model says the mean delta is spread, as missing grades leave it.

A probability that was scaled on real data (temperature scaling; Guo et al. 2017, arXiv 1706.04599): the smallest factor
at which, over pairs of runs of TREC DL 2019 and of ESCI that count alike, no more is claimed than is true where grading
stops. `python -m tests.bench stop` fits it, and tests it on pairs and queries that it was not fitted on.
"""


@dataclass(frozen=True, slots=True)
class Worth:
    """`worth`: the expected drop in the variance of the mean delta, in squared nDCG; 0: it can change nothing."""

    qid: str
    docid: str
    worth: float


@dataclass(frozen=True, slots=True)
class Turn:
    """A place in the queue. `rule`: "matters", or "random" where it was drawn from the pool."""

    qid: str
    docid: str
    rule: str


class NextGrade:
    """The queue and the verdict between two systems, kept up to date grade by grade. Not for several threads.

    The same grades give the same answers, in whatever order they came. A query counts where both systems ranked it.
    """

    def __init__(
        self,
        a: Mapping[str, Sequence[str]],
        b: Mapping[str, Sequence[str]],
        scale: Sequence[int],
        k: int = 10,
        seed: int = 0,
        a_scores: Scores | None = None,
        b_scores: Scores | None = None,
        belief: PriorBelief | None = None,
        draws: int = 1000,
        wider: float = WIDER,
    ) -> None:
        """`a`, `b`: qid -> docids, best first; `scale`: the grades that exist; `a_scores`, `b_scores`: raw, if any.

        `draws`: an even number; more are slower and have less luck in them. `wider`: see WIDER.

        Raises BadInputError for a passage that stands twice in a ranking, SettingsError for a scale of fewer than two.
        """
        self._scale = np.unique(np.array([*scale], dtype=np.int64))
        if len(self._scale) < 2:
            raise SettingsError("A scale needs two grades or more.")
        if self._scale[0] > 0:
            # what nobody graded gains nothing, so there is a place below the lowest grade
            self._scale = np.concatenate(([0], self._scale))
        self._table, self._seed, self._number = pair_table(a, b, k, a_scores, b_scores), seed, draws
        self._wider = wider
        self._pairs = list(self._table.rows)
        self._ideal = Ideal(np.maximum(self._scale, 0).astype(np.float64), k)
        self._levels = len(self._scale) - 1
        self._prior = GradePrior(self._table, self._levels, belief or PriorBelief())
        self._queries = {qid: number for number, qid in enumerate(self._table.qids)}
        self.set_grades({})

    def set_grades(self, grades: Mapping[str, Mapping[str, int]], random: Collection[Pair] = ()) -> None:
        """Take these (qid -> docid -> grade) as all grades; those of other queries are left out.

        `random`: the pairs among them that came by the rule "random". A grade that is not on the scale counts as the
        next lower one that is.
        """
        self._index = np.full(len(self._pairs), -1, dtype=np.int64)
        self._random = np.zeros(len(self._pairs), dtype=np.bool_)
        self._outside: dict[Pair, int] = {}
        for qid, own in grades.items():
            for docid, grade in own.items():
                self._put(qid, docid, grade, (qid, docid) in random)
        self._forget()

    def observe(self, qid: str, docid: str, grade: int | None, random: bool = False) -> None:
        """One grade more, or another one for a pair that has one; None takes it back. `random`: as in `set_grades`."""
        self._put(qid, docid, grade, random)
        self._forget()

    def ordered(self, n: int, exclude: Collection[Pair] = (), pool: Collection[Pair] | None = None) -> list[Worth]:
        """The n ungraded pairs that matter most, most first; equal ones by (qid, docid).

        `exclude`: pairs not to be asked for; `pool`: only these (None: all that a or b ranks).
        """
        worths_: list[Worth] = []
        for at in np.argsort(-self._worths.round(18), kind="stable"):
            pair = self._pairs[self._outlook.rows[at]]
            if len(worths_) == n:
                break
            if pair not in exclude and (pool is None or pair in pool):
                worths_.append(Worth(pair[0], pair[1], float(self._worths[at])))
        return worths_

    def turns(
        self, n: int, pool: Iterable[Pair], share: float = 0.2, turn: int | None = None, exclude: Collection[Pair] = ()
    ) -> list[Turn]:
        """The next n of the queue: what matters most of the pool, and a `share` of it drawn at random.

        `turn`: which grade of the queue comes now, from 0 (None: as many as are graded). A passage that is graded,
        in `exclude` or not ranked by a or b is not asked for by what matters; the random share is of the whole pool.
        """
        pool = set(pool)
        graded = {pair for pair, index in zip(self._pairs, self._index, strict=True) if index >= 0} | set(self._outside)
        drawn = [pair for pair in random_order(pool, self._seed) if pair not in graded and pair not in exclude]
        matters = [(one.qid, one.docid) for one in self.ordered(n, exclude, pool) if one.worth > 0.0]
        turn = len(graded) if turn is None else turn
        return [
            Turn(pair[0], pair[1], "random" if chance else "matters")
            for pair, chance in interleaved(matters, drawn, share, turn, n)
        ]

    def standing(self, margin: float, confidence: float = 0.95, random_share: float = 0.2) -> VerdictStanding:
        """P(b better than a), P(equal within `margin`), the delta and its interval, whether to stop.

        `random_share`: of the grades to come, which are counted on top, as if they helped with nothing. Raises
        SettingsError for a margin that is not above 0.
        """
        check_margin(margin)
        goal, grades = Goal(confidence, margin, MINIMUM), int((self._index >= 0).sum())
        if not self._table.qids:
            return VerdictStanding(
                0.5, 0.0, "open", 0.0, 0.0, 0.0, None, False, "No query is ranked by both.", 0, confidence, margin
            )
        draws = self._deltas.mean(axis=0)
        more = None
        if random_share < 1.0:
            counts, left = self.ahead
            fewest = replace(goal, fewest=max(0, MINIMUM - grades))
            found = forecast(float(draws.mean()), counts, left * self._wider**2, fewest, self._paths)
            more = (ceil(found[0] / (1.0 - random_share)), ceil(found[1] / (1.0 - random_share)))
        return standing(draws, grades, self.spread(), goal, more, self.random_check())

    def decision(self, margin: float) -> Decision | None:
        """What grading can still do to the verdict over queries like these; None for fewer than two queries.

        `margin`: the smallest difference that matters. Raises SettingsError for one that is not above 0.
        """
        check_margin(margin)
        if len(self._table.qids) < 2:
            return None
        known = self._known_deltas()
        spread, seen = spread_of(self._deltas), word_of(known, margin)
        passages = 0
        if self.spread() > 1e-6:
            # the same on every query, while grades are missing, says nothing of other queries
            seen = seen if np.ptp(known) > 1e-12 else "open"
            # the model's own variance is counted there, which the draws have widened
            allowed = spread.allowed(margin, seen) / self._wider**2
            found = grades_until_left(self._table, self._outlook, self._coefficients, self._worths, allowed)
            passages = min(found, int((self._worths > 0).sum()))
        return decision(self._deltas, spread, margin, seen, passages)

    def spread(self) -> float:
        """The standard deviation that missing grades leave to the mean delta, in closed form; 0: none can change it."""
        pull = pull_on_coefficients(self._table, self._outlook)
        shared = shared_variance(pull, self._coefficients.covariance)
        return sqrt(max(0.0, float(self._outlook.variances().sum()) + shared))

    def chances(self, qid: str, docid: str) -> dict[int, float]:
        """grade -> P(the passage gets it), of a passage that has none yet; KeyError where neither system ranks it."""
        row = self._table.rows[qid, docid]
        at = int(np.searchsorted(self._outlook.rows, row))
        return dict(zip(self._scale.tolist(), self._outlook.chances[at].tolist(), strict=True))

    def calibration(self, random_only: bool = False) -> list[Bin]:
        """Predicted P(grade above the lowest) against what was graded, each grade predicted from the others.

        `random_only`: only the grades of the random share, which stand for the pool; the others are chosen.
        """
        rows = np.flatnonzero((self._index >= 0) & (self._random | (not random_only)))
        return bins(predictions(self._table, self._prior, self._index, rows, self._seed), self._index[rows] > 0)

    def random_check(self) -> RandomCheck:
        """Whether the random share's grades are what the others predict."""
        return self._check

    def _known_deltas(self) -> NDArray[np.float64]:
        """Every query's delta while missing grades count as not relevant, shape (Q,)."""
        table, index = self._table, self._evidence.index
        known = np.flatnonzero(index >= 0)
        gains = table.gap[known] * self._ideal.gains[index[known]]
        dcg = sums_by_query(gains, table.query[known], len(table.qids))
        return ratio(dcg, self._ideal.dcg(self._evidence.counts(table).T))

    def _put(self, qid: str, docid: str, grade: int | None, random: bool) -> None:
        place = None if grade is None else max(0, int(np.searchsorted(self._scale, grade, side="right")) - 1)
        row = self._table.rows.get((qid, docid))
        if row is not None:
            self._index[row], self._random[row] = (-1, False) if place is None else (place, random)
        elif place is None:
            self._outside.pop((qid, docid), None)
        elif qid in self._queries:
            self._outside[qid, docid] = place

    def _forget(self) -> None:
        for name in ("_evidence", "_coefficients", "_outlook", "_worths", "_check", "_deltas", "ahead"):
            self.__dict__.pop(name, None)

    @cached_property
    def _evidence(self) -> Evidence:
        outside = np.zeros((len(self._queries), self._levels))
        for (qid, _), place in self._outside.items():
            outside[self._queries[qid], :place] += 1.0
        return Evidence(self._index, outside)

    @cached_property
    def _coefficients(self) -> Coefficients:
        rows = np.flatnonzero(self._index >= 0)
        return self._prior.fit(rows, self._index[rows])

    @cached_property
    def _outlook(self) -> Outlook:
        return outlook_of_delta(self._table, self._evidence, self._coefficients, self._ideal)

    @cached_property
    def _worths(self) -> NDArray[np.float64]:
        return worths(self._table, self._outlook, self._coefficients)

    @cached_property
    def _check(self) -> RandomCheck:
        return random_check(self._table, self._prior, self._ideal, self._index, self._random)

    @cached_property
    def _deltas(self) -> NDArray[np.float64]:
        drawn = self._draws.deltas(self._evidence, self._coefficients)
        means = drawn.mean(axis=0)
        wider: NDArray[np.float64] = drawn + (self._wider - 1.0) * (means - means.mean())
        return wider

    @cached_property
    def ahead(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """How many more grades, and the variance that they leave to the mean delta; see `variances_ahead`."""
        return variances_ahead(self._table, self._outlook, self._coefficients, self._worths)

    @cached_property
    def _paths(self) -> NDArray[np.float64]:
        return normal_paths(self._seed)

    @cached_property
    def _draws(self) -> DeltaDraws:
        return DeltaDraws(self._table, self._ideal, self._seed, self._number)
