"""What a judge grades next: the pool of some systems, in the judge's own order, and how far they are with it."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice, pairwise

from sqlite_utils import Database

from rerank_core.experiment.margin import margin_of
from rerank_core.judging.matters import Matters
from rerank_core.judging.next_grade.next_grade import Bin, RandomCheck, VerdictStanding
from rerank_core.judging.plan import LabelPlan
from rerank_core.judging.pool import in_overlap, interleaved, pool, shuffled
from rerank_core.store import datasets, rankings, scales
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.heard import Pair, heard_in
from rerank_core.store.judge_sheet import JudgeSheet
from rerank_core.store.workspace import Workspace

__all__ = ["LabelPlan", "LabelProgress", "Labelling", "QueueItem"]

PACE_GRADES = 20
PAUSE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A pair for a judge. `grade` and `note` are the judge's own, never another's; None and "": not given.

    `rule`: one of `store.judgments.RULES`. `places`: "rank" -> the best rank that any system of the plan gave it; empty
    where none of them has it in the pool.
    """

    qid: str
    docid: str
    rule: str
    grade: int | None
    note: str
    places: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LabelProgress:
    """How far a judge is with the pool.

    `done`: pairs that the judge has graded. `left`: pairs that wait, the `skipped` ones included. `seconds_a_grade`:
    the median time between their last 20 grades, pauses of more than 2 minutes left out; None with fewer than two.
    `seconds_left`: how long the pairs left take at this pace, if nobody else grades them.
    """

    done: int
    left: int
    skipped: int
    seconds_a_grade: float | None
    seconds_left: float | None


class Labelling:
    """One judge's queue. All state is in the workspace, so that a judge continues where they were, on any machine.

    A pair leaves everybody's queue once anybody has graded it (a file counts, a language model does not), except for
    the plan's overlap, which each judge grades; what is adjudicated leaves all queues. Rankings are read when this is
    made, grades at each call. Safe for several threads. Raises NotFoundError for a system that is not there.

    `spot`: pairs that a language model graded and a person is to check; they come first, by the rule "spot", whether
    the pool holds them or not, until somebody has graded them.
    """

    def __init__(
        self, workspace: Workspace, dataset: DatasetRow, judge: str, plan: LabelPlan, spot: Sequence[Pair] = ()
    ) -> None:
        self._workspace, self._dataset, self._plan = workspace, dataset, plan
        self._lock, self._sheet = threading.Lock(), JudgeSheet(judge, heard_in(workspace, dataset))
        experiment = plan.experiment(workspace, dataset)
        keys = {system.id: system.key for system in experiment.systems}
        with workspace.open() as db:
            asked = experiment.keys(datasets.get_queries(db, dataset.id))
            found = rankings.get_orders(db, list(asked.values()), list(keys.values()))
            self._matters = _matters(db, plan, asked, keys)
        orders = [
            {qid: found[key][own] for qid, key in asked.items() if own in found.get(key, {})} for own in keys.values()
        ]
        self._pool = pool(orders, plan.depth)
        self._spot = frozenset(spot)
        wanted = {qid: dict(ranks) for qid, ranks in self._pool.items()}
        for qid, docid in spot:
            wanted.setdefault(qid, {}).setdefault(docid, 0)
        self._order = sorted(shuffled(wanted, judge), key=lambda pair: pair not in self._spot)
        self._overlap = {pair for pair in self._order if in_overlap(dataset.name, *pair, plan.overlap)}
        self._done = 0
        self._open: list[Pair] = []
        self._skipped: list[Pair] = []
        self._seen = -1

    @property
    def judge(self) -> str:
        """Whose queue it is."""
        return self._sheet.judge

    def upcoming(self, n: int = 30) -> list[QueueItem]:
        """What to grade next, in order; what this judge skipped comes at the end. Empty: all is done, or not ranked."""
        with self._lock:
            self._refresh()
            plain = ((pair, self._rule(pair)) for pair in self._open)
            spots = ((pair, "spot") for pair in self._open if pair in self._spot)
            first = plain if self._matters is None else chain(spots, self._by_worth(self._matters, n))
            then = ((pair, self._rule(pair)) for pair in self._skipped)
            return [self._item(pair, rule) for pair, rule in islice(chain(first, then), n)]

    def history(self, n: int = 50) -> list[QueueItem]:
        """What this judge graded or skipped last, newest first, each pair once; also what is not in the pool."""
        with self._lock:
            self._refresh()
            return [self._item(pair, rule) for pair, rule in islice(self._deeds(), n)]

    def progress(self) -> LabelProgress:
        """How far this judge is."""
        with self._lock:
            self._refresh()
            left = len(self._open) + len(self._skipped)
            seconds = pace(self._sheet.times)
            whole = None if seconds is None else seconds * left
            return LabelProgress(self._done, left, len(self._skipped), seconds, whole)

    def standing(self) -> VerdictStanding | None:
        """What full judgement would say of the plan's two systems, by the dataset's margin; None in the plain order."""
        with self._lock:
            self._refresh()
            if self._matters is None:
                return None
            return self._matters.standing(margin_of(self._workspace, self._dataset))

    def calibration(self, random_only: bool = False) -> list[Bin]:
        """How often what was predicted as relevant was graded so, see `NextGrade`; empty in the plain order."""
        with self._lock:
            self._refresh()
            return [] if self._matters is None else self._matters.calibration(random_only)

    def random_check(self) -> RandomCheck | None:
        """Whether the grades drawn at random are what the others predict; None in the plain order."""
        with self._lock:
            self._refresh()
            return None if self._matters is None else self._matters.random_check()

    def _refresh(self) -> None:
        with self._workspace.open() as db:
            changed = self._sheet.read(db, self._dataset.id)
            if self._matters is not None and (changed or self._seen < 0):
                scale = [step.grade for step in scales.get_scale(db, self._dataset.id)]
                self._matters.follow(self._sheet, changed, scale)
        if self._sheet.last != self._seen:
            heard, skips, key = self._sheet.heard, self._sheet.skips, (self._sheet.judge, False)
            waiting = [pair for pair in self._order if not heard.get(pair) or self._waits(pair)]
            self._open = [pair for pair in waiting if not skips.get(pair)]
            self._skipped = sorted((pair for pair in waiting if skips.get(pair)), key=lambda pair: max(skips[pair]))
            self._done = sum(key in heard.get(pair, ()) for pair in self._order)
            self._seen = self._sheet.last

    def _waits(self, pair: Pair) -> bool:
        """Whether a pair that somebody has graded is still to be graded by this judge."""
        heard = self._sheet.heard[pair]
        return (
            (self._sheet.judge, False) not in heard
            and pair in self._overlap
            and not any(adjudicated for _, adjudicated in heard)
        )

    def _deeds(self) -> Iterator[tuple[Pair, str]]:
        seen: set[Pair] = set()
        for event in reversed(self._sheet.done):
            pair, rule = self._sheet.done[event]
            if pair not in seen:
                seen.add(pair)
                yield pair, rule

    def _rule(self, pair: Pair) -> str:
        if pair in self._spot:
            return "spot"
        return "overlap" if pair in self._overlap else "pool"

    def _by_worth(self, matters: Matters, n: int) -> Iterator[tuple[Pair, str]]:
        """What matters and what was drawn; between them, as often as the overlap says, what others have graded."""
        owed = [pair for pair in self._open if self._sheet.heard.get(pair)]
        fresh = set(self._open).difference(owed, self._spot)
        turns = matters.turns(n, self._order, set(self._order) - fresh)
        rules = {(turn.qid, turn.docid): turn.rule for turn in turns}
        for pair, is_owed in interleaved(list(rules), owed, self._plan.overlap, len(self._sheet.done), n):
            yield pair, "overlap" if is_owed else rules[pair]

    def _item(self, pair: Pair, rule: str) -> QueueItem:
        qid, docid = pair
        rank = self._pool.get(qid, {}).get(docid)
        places = {} if rank is None else {"rank": rank}
        return QueueItem(qid, docid, rule, self._sheet.own_grade(pair), self._sheet.notes.get(pair, ""), places)


def _matters(db: Database, plan: LabelPlan, asked: Mapping[str, str], keys: Mapping[str, str]) -> Matters | None:
    """The plan's two systems; `asked`: qid -> candidates key, `keys`: system -> its key."""
    if plan.order != "matters" or plan.compared is None:
        return None
    compared_keys = [keys[system] for system in plan.compared]
    stored = rankings.get_rankings(db, asked.values(), compared_keys)
    kept = ({qid: stored.get(key, {}).get(one) for qid, key in asked.items()} for one in compared_keys)
    ranked = [{qid: one.ranking for qid, one in made.items() if one is not None and one.ranking} for made in kept]
    return Matters(ranked[0], ranked[1], plan.random_share)


def pace(times: list[str]) -> float | None:
    """The median gap in seconds between the newest of these times (ISO 8601, oldest first).

    None: too few, or they cannot be read.
    """
    try:
        newest = [datetime.fromisoformat(at) for at in times[-PACE_GRADES:]]
    except (ValueError, TypeError):
        return None
    gaps = [(then - before).total_seconds() for before, then in pairwise(newest)]
    gaps = [gap for gap in gaps if gap <= PAUSE_SECONDS]
    return statistics.median(gaps) if gaps else None
