"""What the server tells the desk after each grade: what comes, what was done, how far it is, and texts it asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pages.ui.label.mine import own_grades
from pages.ui.label.standing import decision_json, sentences
from pages.ui.outbox.commit import Receipt
from rerank_core.judging.deciding import Deciding
from rerank_core.judging.judge_queue import Labelling, LabelProgress, QueueItem
from rerank_core.store import datasets, judges, judgments, query_states, scales
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from rerank_core.text import shortened
from rerank_core.types import Doc, Query

Pair = tuple[str, str]
"""(qid, docid)"""

AHEAD = 60  # a judge at 4 grades a second whose line is cut for ten seconds still has passages
DONE = 20
ALL = 1_000_000
PARCEL = 15  # passages that travel together
LONGEST_TEXT = 40_000  # characters of a passage that travel to the browser


@dataclass(frozen=True, slots=True)
class LabelUpdate:
    """What changes with a grade. No other judge's grade is in it.

    `scale`: the grades that hold now. `ack` maps each client_id to its last seq that is committed or refused for good.
    `last_event` grows with the dataset's history: an answer with a lower one is older. `ahead`: what comes, in order;
    the last `skipped_ahead` of them this judge has skipped. `done`: what the judge did last, newest first. `docs` and
    `queries`: those asked for. `standing`: sentences on what the grades so far decide; empty: nothing to say.
    `refused`: sentences on events that were refused for good. `mine`: what was looked for in the judge's own grades, as
    `own_grades` gives it. `decision`: where the verdict stands, as `decision_json` gives it; None: not shown here.
    `today`: grades given today, and the day's goal; None where there is no goal.
    """

    outbox_key: str
    scale: Sequence[scales.Grade]
    ack: Mapping[str, int]
    last_event: int
    ahead: Sequence[QueueItem]
    skipped_ahead: int
    done: Sequence[QueueItem]
    progress: LabelProgress
    docs: Mapping[str, Doc]
    queries: Mapping[str, Query]
    standing: Sequence[str] = ()
    refused: Sequence[str] = ()
    mine: Mapping[str, Any] | None = None
    decision: Mapping[str, Any] | None = None
    today: tuple[int, int] | None = None

    def to_json(self) -> dict[str, Any]:
        """The payload: JSON values only. An item is [qid, docid, rule, grade, note, rank, skipped]."""
        first_skipped = len(self.ahead) - self.skipped_ahead
        progress = asdict(self.progress)
        return {
            "outbox_key": self.outbox_key,
            "scale": [[step.grade, step.name] for step in self.scale],
            "ack": dict(self.ack),
            "as_of": [self.outbox_key, self.last_event],
            "ahead": [_item(item, place >= first_skipped) for place, item in enumerate(self.ahead)],
            "done": [_item(item, item.grade is None) for item in self.done],
            "progress": {**progress, "left": self.progress.left - self.progress.skipped, "today": self.today},
            "texts": {
                docid: {"title": doc.title, "text": shortened(doc.text, LONGEST_TEXT)}
                for docid, doc in self.docs.items()
            },
            "queries": {qid: {"text": query.text, "note": query.note} for qid, query in self.queries.items()},
            "standing": list(self.standing),
            "refused": list(self.refused),
            "mine": self.mine,
            "decision": self.decision,
        }


@dataclass(frozen=True, slots=True)
class Goal:
    """How many grades a judge means to give in a day. `zone`: the judge's time zone, where the day begins."""

    wanted: int
    zone: str

    def day_began(self) -> str:
        """ISO 8601 in UTC."""
        try:
            zone = ZoneInfo(self.zone)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            zone = ZoneInfo("UTC")
        midnight = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight.astimezone(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a desk asks for: the texts of pairs that it lacks, and to see beyond the open ones that it `passed` over.

    `mine`: the words by which the judge looks through what they graded ("": all of it); None: they do not.
    """

    texts: tuple[Pair, ...] = ()
    passed: int = 0
    mine: str | None = None


@dataclass(slots=True)
class Sent:
    """What a desk was sent, so that no text travels with every grade. What gets lost on the way it asks for again."""

    texts: set[Pair] = field(default_factory=set)
    passed: int = 0

    def due(self, ahead: Sequence[QueueItem], done: Sequence[QueueItem], asked: Sequence[Pair]) -> list[Pair]:
        """The pairs whose texts go now: those asked for, and those that come, once there are enough for a parcel."""
        coming = [(item.qid, item.docid) for item in (*ahead, *done)]
        new = [pair for pair in coming if pair not in self.texts]
        parcel = new if len(new) >= PARCEL or set(new) & set(coming[:PARCEL]) else []
        due = list(dict.fromkeys([*asked, *parcel]))
        self.texts.update(due)
        return due


def answer(
    space: Workspace,
    dataset: DatasetRow,
    labelling: Labelling | Deciding,
    outbox_key: str,
    receipt: Receipt,
    sent: Sent,
    wish: Wish,
    names: tuple[str, str] | None = None,
    goal: Goal | None = None,
) -> LabelUpdate:
    """How this judge's list stands now, after the events that the receipt acknowledges. `names`: as in `sentences`."""
    sent.passed = max(sent.passed, wish.passed)
    with space.open() as db:
        newest = judgments.last_event(db, dataset.id)
        scale = scales.get_scale(db, dataset.id)
        ahead, done, progress = labelling.upcoming(AHEAD + sent.passed), labelling.history(DONE), labelling.progress()
        pairs = sent.due(ahead, done, wish.texts)
        docs = datasets.get_docs(db, dataset.id, list(dict.fromkeys(docid for _, docid in pairs)))
        gone = {docid: Doc(docid, "This passage is no longer here. Skip it.") for _, docid in pairs}
        today = (
            None
            if goal is None
            else (judges.graded_since(db, dataset.id, labelling.judge, goal.day_began()), goal.wanted)
        )
        # a query that was removed meanwhile stays readable in what its judge graded last
        queries = query_states.once_here(db, dataset.id, {qid for qid, _ in pairs}) if pairs else {}
        mine = None if wish.mine is None else own_grades(db, dataset.id, labelling.history(ALL), wish.mine)
    skipped_ahead = max(len(ahead) - (progress.left - progress.skipped), 0)
    place = (newest, ahead, skipped_ahead, done, progress)
    lines, decision = _verdict(labelling, names)
    own = (gone | docs, queries, lines, receipt.refused, mine, decision, today)
    return LabelUpdate(outbox_key, scale, receipt.ack, *place, *own)


def _verdict(
    labelling: Labelling | Deciding, names: tuple[str, str] | None
) -> tuple[Sequence[str], Mapping[str, Any] | None]:
    """What the grades so far decide: sentences above the passages, or the drawing beside them."""
    if isinstance(labelling, Deciding):
        now = labelling.decision()
        return (), None if now is None else decision_json(now, names or ("the first", "the second"), labelling.measure)
    standing = labelling.standing()
    return [] if standing is None else sentences(standing, names), None


def _item(item: QueueItem, skipped: bool) -> list[Any]:
    return [item.qid, item.docid, item.rule, item.grade, item.note, item.places.get("rank"), skipped]
