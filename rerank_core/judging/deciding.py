"""The passages that could decide the verdict between two systems, one after the other, for one judge."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from rerank_core.judging.judge_queue import LabelProgress, QueueItem, pace
from rerank_core.judging.matters import chooser_between
from rerank_core.judging.next_grade.next_grade import Decision, NextGrade
from rerank_core.store import scales
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.heard import Pair, heard_in
from rerank_core.store.judge_sheet import JudgeSheet
from rerank_core.store.qrels_rule import settle
from rerank_core.store.workspace import Workspace
from rerank_core.types import Ranking

DRAWS = 400
"""Enough for a chance in whole percents, and quick enough to follow every grade."""


@dataclass(frozen=True, slots=True)
class Duel:
    """Two systems over the same queries. `baseline`, `other`: qid -> ranking, of graded queries that both ranked.

    `k`: the cutoff of nDCG. `margin`: the smallest difference that matters.
    """

    baseline: Mapping[str, Ranking]
    other: Mapping[str, Ranking]
    k: int
    margin: float

    def chooser(self, scale: tuple[int, ...]) -> NextGrade:
        """What to grade next between the two, without a grade so far."""
        return chooser_between(self.baseline, self.other, scale, self.k, DRAWS)

    def decision(self, grades: Mapping[str, Mapping[str, int]], scale: tuple[int, ...]) -> Decision | None:
        """What grading can still do, by the grades in force; None for fewer than two queries."""
        chooser = self.chooser(scale)
        chooser.set_grades(grades)
        return chooser.decision(self.margin)


class Deciding:
    """One judge's list of exactly the passages that could decide, and where the verdict stands after each grade.

    As `Labelling`, all state is in the workspace: grades are read at each call, whoever gave them. What this judge
    skipped comes last. How many are done is counted from when this was made. Safe for several threads.
    """

    def __init__(self, workspace: Workspace, dataset: DatasetRow, judge: str, duel: Duel) -> None:
        self._workspace, self._dataset, self._duel = workspace, dataset, duel
        self._lock, self._sheet = threading.Lock(), JudgeSheet(judge, heard_in(workspace, dataset))
        self._scale: tuple[int, ...] = ()
        self._chooser: NextGrade | None = None
        self._decision: Decision | None = None
        self._began = -1
        self._refresh()
        self._began = self._sheet.last

    @property
    def measure(self) -> str:
        """What the two are compared on."""
        return f"nDCG@{self._duel.k}"

    def upcoming(self, n: int = 30) -> list[QueueItem]:
        """The next passages, those first that matter most; empty once grading is over."""
        with self._lock:
            self._refresh()
            return [self._item(pair) for pair in self._waiting()[:n]]

    def history(self, n: int = 50) -> list[QueueItem]:
        """What this judge graded or skipped last in the dataset, newest first, each pair once."""
        with self._lock:
            self._refresh()
            pairs = dict.fromkeys(pair for pair, _ in reversed(self._sheet.done.values()))
            return [self._item(pair) for pair in list(pairs)[:n]]

    def progress(self) -> LabelProgress:
        """How many this judge graded since the list was made, and how many are left."""
        with self._lock:
            self._refresh()
            skips = self._sheet.skips
            skipped = sum(bool(skips.get(pair)) for pair in self._waiting())
            new = {pair for event, (pair, _) in self._sheet.done.items() if event > self._began}
            done = sum(self._sheet.own_grade(pair) is not None for pair in new)
            left, seconds = len(self._waiting()), pace(self._sheet.times)
            return LabelProgress(done, left, skipped, seconds, None if seconds is None else seconds * left)

    def decision(self) -> Decision | None:
        """Where the verdict stands by the grades in force, this judge's and the others'."""
        with self._lock:
            self._refresh()
            return self._decision

    def _refresh(self) -> None:
        with self._workspace.open() as db:
            changed = self._sheet.read(db, self._dataset.id)
            scale = tuple(step.grade for step in scales.get_scale(db, self._dataset.id))
        if self._chooser is None or scale != self._scale:
            self._scale, self._chooser, changed = scale, self._duel.chooser(scale), set(self._sheet.heard)
        elif not changed and self._began >= 0:
            return
        for pair in changed:
            heard = self._sheet.heard.get(pair)
            self._chooser.observe(*pair, settle(heard.values()).grade if heard else None)
        self._decision = self._chooser.decision(self._duel.margin)

    def _waiting(self) -> list[Pair]:
        if self._chooser is None or self._decision is None or self._decision.is_over:
            return []
        skips = {pair for pair, own in self._sheet.skips.items() if own}
        best = [(one.qid, one.docid) for one in self._chooser.ordered(self._decision.passages)]
        return sorted(best, key=skips.__contains__)

    def _item(self, pair: Pair) -> QueueItem:
        return QueueItem(*pair, "matters", self._sheet.own_grade(pair), self._sheet.notes.get(pair, ""), {})
