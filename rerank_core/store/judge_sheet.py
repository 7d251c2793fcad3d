"""A dataset's history from one judge's place, kept up to date row by row."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlite_utils import Database

from rerank_core.store.judgments import READABLE
from rerank_core.store.qrels_rule import Voice

Pair = tuple[str, str]
"""(qid, docid)"""


@dataclass(slots=True)
class JudgeSheet:
    """What one judge did, and what is settled or graded by others; `read` takes in what is new. No language models.

    `heard`: pair -> (judge, whether it is an adjudication) -> what they say now. `notes`: this judge's own. `skips`:
    pair -> this judge's skips that are not undone. `done`: row -> (pair, rule) of their grades and skips that are not
    undone, oldest first. `times`: when they graded, ISO 8601, oldest first. `drawn`: pairs that anybody graded because
    they were drawn at random. `last`: the newest row that was read.
    """

    judge: str
    heard: dict[Pair, dict[tuple[str, bool], Voice]] = field(default_factory=dict)
    notes: dict[Pair, str] = field(default_factory=dict)
    skips: dict[Pair, set[int]] = field(default_factory=dict)
    done: dict[int, tuple[Pair, str]] = field(default_factory=dict)
    times: list[str] = field(default_factory=list)
    drawn: set[Pair] = field(default_factory=set)
    last: int = 0

    def read(self, db: Database, dataset_id: int) -> set[Pair]:
        """Take in the rows that came since; return the pairs that somebody graded or took back."""
        sql = f"""SELECT id, qid, docid, judge, kind, grade, undoes, coalesce(restores, id), source,
                  iif(typeof(note) = 'text', note, ''), at, rule FROM judgment
                  WHERE dataset_id = ? AND id > ? AND {READABLE} ORDER BY id"""
        changed: set[Pair] = set()
        for event, qid, docid, judge, kind, grade, undoes, age, source, note, at, rule in db.execute(
            sql, [dataset_id, self.last]
        ):
            self.last = event
            if source == "llm":
                continue
            pair, adjudicates = (qid, docid), source == "adjudication"
            if kind in ("grade", "undo"):
                self._hear(pair, judge, grade, age, event, adjudicates)
                changed.add(pair)
            if rule == "random":
                self.drawn.add(pair)
            if judge == self.judge and not adjudicates:
                self._own(pair, event, kind, undoes, note, at, rule)
        return changed

    def own_grade(self, pair: Pair) -> int | None:
        """The grade that this judge gives the pair now; None: it is not graded."""
        voice = self.heard.get(pair, {}).get((self.judge, False))
        return None if voice is None else voice.grade

    def _hear(self, pair: Pair, judge: str, grade: int | None, age: int, event: int, adjudicates: bool) -> None:
        heard = self.heard.setdefault(pair, {})
        if grade is None:
            heard.pop((judge, adjudicates), None)
        else:
            heard[judge, adjudicates] = Voice(grade, age, event, judge, adjudicates)

    def _own(self, pair: Pair, event: int, kind: str, undoes: int | None, note: str, at: str, rule: str) -> None:
        if kind == "undo" and undoes is not None:
            self.done.pop(undoes, None)
            self.skips.get(pair, set()).discard(undoes)
        elif rule == "mapped":
            return  # no deed of the judge
        elif kind == "note" or note:
            self.notes[pair] = note
        if kind == "skip":
            self.skips.setdefault(pair, set()).add(event)
        if kind in ("grade", "skip"):
            self.done[event] = (pair, rule)
        if kind == "grade":
            self.times.append(at)
