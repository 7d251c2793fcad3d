"""Settling what judges disagree on: the pairs, what each of them said, and the grade that is to count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from rerank_core.errors import NotFoundError
from rerank_core.store import datasets, judges, judgments
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc, Judgment, Query


@dataclass(frozen=True, slots=True)
class Said:
    """A judge on a pair: the grade, the newest note on it ("": none), and when they graded, ISO 8601 in UTC."""

    judge: str
    grade: int
    note: str
    at: str


@dataclass(frozen=True, slots=True)
class Case:
    """A pair that judges grade differently. `said`: each of them, by name. `spread`: highest grade less the lowest.

    `label`: the grade that counts now by the qrels rule. `settled`: the adjudication that holds, None while there is
    none. `doc` is None for a passage that is gone: it cannot be settled any more.
    """

    query: Query
    docid: str
    doc: Doc | None
    said: tuple[Said, ...]
    spread: int
    label: int
    settled: Said | None


def cases(workspace: Workspace, dataset: DatasetRow) -> list[Case]:
    """All disagreements, the widest first; settled ones are among them."""
    with workspace.open() as db:
        current = judges.current(db, dataset.id)
        notes = judges.notes(db, dataset.id)
        labels = judgments.qrels(db, dataset.id)
        queries = {query.qid: query for query in datasets.get_queries(db, dataset.id)}
        by_pair, settled = _by_pair(current)
        differ = disagreements({pair: {name: one.grade for name, one in own.items()} for pair, own in by_pair.items()})
        docs = datasets.get_docs(db, dataset.id, list({one.docid for one in differ}))
    return [
        Case(
            query=queries.get(one.qid, Query(one.qid, one.qid)),
            docid=one.docid,
            doc=docs.get(one.docid),
            said=tuple(
                Said(name, grade, notes.get((one.qid, one.docid, name), ""), by_pair[one.qid, one.docid][name].at)
                for name, grade in one.grades.items()
            ),
            spread=one.spread,
            label=labels[one.qid][one.docid],
            settled=settled.get((one.qid, one.docid)),
        )
        for one in differ
    ]


def _by_pair(
    current: list[Judgment],
) -> tuple[Mapping[tuple[str, str], Mapping[str, Judgment]], Mapping[tuple[str, str], Said]]:
    """What each judge says of each pair, and the newest adjudications."""
    by_pair: dict[tuple[str, str], dict[str, Judgment]] = {}
    settled: dict[tuple[str, str], Said] = {}
    for label in current:  # oldest first
        if label.source == "adjudication":
            settled[label.qid, label.docid] = Said(label.judge, label.grade, label.note, label.at)
        else:
            by_pair.setdefault((label.qid, label.docid), {})[label.judge] = label
    return by_pair, settled


def adjudicate(
    workspace: Workspace, dataset: DatasetRow, judge: str, qid: str, docid: str, grade: int, note: str = ""
) -> None:
    """Settle a pair in this judge's name: `grade` counts from now on, whatever the judges say.

    Raises BadInputError for a grade that is not on the scale, NotFoundError for a passage that is gone.
    """
    event = GradeEvent(str(uuid4()), 1, "grade", qid, docid, grade, note, "adjudication")
    with workspace.write() as db:
        row = datasets.get_dataset(db, dataset.name)
        if docid not in datasets.text_hashes(db, row.id, [docid]):
            raise NotFoundError(f"The passage '{docid}' is gone from '{dataset.name}'.")
        judgments.record(db, row.id, judge, [event], row.scale, "adjudication")


def take_back(workspace: Workspace, dataset: DatasetRow, judge: str) -> bool:
    """Undo this judge's newest adjudication; return whether there was one."""
    event = GradeEvent(str(uuid4()), 1, "undo", "")
    with workspace.write() as db:
        before = judgments.last_event(db, dataset.id)
        judgments.record(db, dataset.id, judge, [event], dataset.scale, "adjudication")
        return judgments.last_event(db, dataset.id) > before


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A pair with at least two different grades. `grades`: judge -> grade, by name. `spread`: highest less lowest."""

    qid: str
    docid: str
    grades: Mapping[str, int]
    spread: int


def disagreements(graded: Mapping[tuple[str, str], Mapping[str, int]]) -> list[Disagreement]:
    """Where judges differ; `graded`: (qid, docid) -> judge -> grade.

    The widest spread first, then where more judges graded, then by qid and docid.
    """
    differing = [
        Disagreement(qid, docid, dict(sorted(grades.items())), max(grades.values()) - min(grades.values()))
        for (qid, docid), grades in graded.items()
        if len(set(grades.values())) > 1
    ]
    return sorted(differing, key=lambda one: (-one.spread, -len(one.grades), one.qid, one.docid))
