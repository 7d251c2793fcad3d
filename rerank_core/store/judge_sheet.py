"""A dataset's history from one judge's place, kept up to date row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlite_utils import Database

from rerank_core.store.heard import Heard, Pair
from rerank_core.store.judgments import READABLE
from rerank_core.store.qrels_rule import Voice

_OWN = f"""SELECT id, qid, docid, kind, undoes, source, iif(typeof(note) = 'text', note, ''), at, rule FROM judgment
           WHERE dataset_id = ? AND judge = ? AND id > ? AND id <= ? AND {READABLE} ORDER BY id"""


@dataclass(slots=True)
class JudgeSheet:
    """What one judge did, and what is settled or graded by others; `read` takes in what is new. No language models.

    `everybody`: shared by all sheets of the dataset, and maybe a moment ahead of this one. `notes`: this judge's own.
    `skips`: pair -> this judge's skips that are not undone. `done`: row -> (pair, rule) of their grades and skips that
    are not undone, oldest first. `times`: when they graded, ISO 8601, oldest first. `last`: the newest row that was
    read.
    """

    judge: str
    everybody: Heard
    notes: dict[Pair, str] = field(default_factory=dict)
    skips: dict[Pair, set[int]] = field(default_factory=dict)
    done: dict[int, tuple[Pair, str]] = field(default_factory=dict)
    times: list[str] = field(default_factory=list)
    last: int = 0

    @property
    def heard(self) -> Mapping[Pair, Mapping[tuple[str, bool], Voice]]:
        """See `Heard.voices`."""
        return self.everybody.voices

    @property
    def drawn(self) -> set[Pair]:
        """See `Heard.drawn`."""
        return self.everybody.drawn

    def read(self, db: Database, dataset_id: int) -> set[Pair]:
        """Take in the rows that came since; return the pairs that somebody graded or took back."""
        changed, last = self.everybody.read(db, dataset_id, self.last)
        for event, qid, docid, kind, undoes, source, note, at, rule in db.execute(
            _OWN, [dataset_id, self.judge, self.last, last]
        ):
            if source not in ("llm", "adjudication"):
                self._own((qid, docid), event, kind, undoes, note, at, rule)
        self.last = last
        return changed

    def own_grade(self, pair: Pair) -> int | None:
        """The grade that this judge gives the pair now; None: it is not graded."""
        voice = self.heard.get(pair, {}).get((self.judge, False))
        return None if voice is None else voice.grade

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
