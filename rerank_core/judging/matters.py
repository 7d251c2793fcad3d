"""The queue that grades what matters most for the verdict between a plan's two systems, as the grades come in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from rerank_core.judging.next_grade.next_grade import Bin, NextGrade, RandomCheck, Turn, VerdictStanding
from rerank_core.store.heard import Pair
from rerank_core.store.judge_sheet import JudgeSheet
from rerank_core.store.qrels_rule import settle
from rerank_core.types import Ranking


class Matters:
    """Which pairs to grade next between two systems, and how the verdict stands. Not for several threads.

    `baseline`, `other`: qid -> ranking. `share`: of the grades, drawn at random from the pool.
    """

    def __init__(self, baseline: Mapping[str, Ranking], other: Mapping[str, Ranking], share: float) -> None:
        self._rankings, self._share = (baseline, other), share
        self._scale: tuple[int, ...] = ()
        self._chooser: NextGrade | None = None

    def follow(self, sheet: JudgeSheet, changed: Iterable[Pair], scale: Sequence[int]) -> None:
        """Take in the pairs whose grades changed; on another scale, all grades again. The qrels rule settles a pair."""
        if self._chooser is None or tuple(scale) != self._scale:
            self._scale, self._chooser = tuple(scale), chooser_between(*self._rankings, scale)
            changed = list(sheet.heard)
        for pair in changed:
            heard = sheet.heard.get(pair)
            grade = settle(heard.values()).grade if heard else None
            self._chooser.observe(*pair, grade, random=pair in sheet.drawn)

    def turns(self, n: int, pool: Collection[Pair], exclude: Collection[Pair]) -> list[Turn]:
        """The next n: what matters most and, with rule 'random', what was drawn from the pool."""
        return self._now.turns(n, pool, self._share, exclude=exclude)

    def standing(self, margin: float, confidence: float = 0.95) -> VerdictStanding:
        """What full judgement would say of the two, and whether grading may stop.

        `margin`: the smallest difference that matters.
        """
        return self._now.standing(margin, confidence, self._share)

    def calibration(self, random_only: bool = False) -> list[Bin]:
        """How often what was predicted as relevant was graded so."""
        return self._now.calibration(random_only)

    def random_check(self) -> RandomCheck:
        """Whether the grades drawn at random are what the others predict."""
        return self._now.random_check()

    @property
    def _now(self) -> NextGrade:
        if self._chooser is None:
            raise RuntimeError("follow() comes first")
        return self._chooser


def chooser_between(
    baseline: Mapping[str, Ranking], other: Mapping[str, Ranking], scale: Sequence[int], k: int = 10, draws: int = 1000
) -> NextGrade:
    """What to grade next between two systems (qid -> ranking), by their places and scores, without a grade so far."""
    (a, b), (a_scores, b_scores) = map(_docids, (baseline, other)), map(_scores, (baseline, other))
    return NextGrade(a, b, scale, k, a_scores=a_scores, b_scores=b_scores, draws=draws)


def _docids(rankings: Mapping[str, Ranking]) -> dict[str, tuple[str, ...]]:
    return {qid: ranking.docids for qid, ranking in rankings.items()}


def _scores(rankings: Mapping[str, Ranking]) -> dict[str, dict[str, float | None]]:
    return {qid: {doc.docid: doc.score for doc in ranking.docs} for qid, ranking in rankings.items()}
