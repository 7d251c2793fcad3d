"""Labels whose passage changed since it was graded: they still count, until somebody looks again."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from rerank_core.store import datasets, judgments
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc, Judgment, Query


@dataclass(frozen=True, slots=True)
class StaleLabel:
    """A label that counts, and the passage as it reads now; the text that was graded is known by its hash only."""

    label: Judgment
    query: Query
    doc: Doc


def stale_labels(workspace: Workspace, dataset: DatasetRow) -> list[StaleLabel]:
    """The labels in force whose text is another one by now, the oldest label first.

    Labels of passages that are gone, and imported ones whose text was never known, are not among them.
    """
    with workspace.open() as db:
        labels = judgments.in_force(db, dataset.id)
        now = datasets.text_hashes(db, dataset.id, list({label.docid for label in labels}))
        changed = [label for label in labels if judgments.is_stale(label.text_hash, now.get(label.docid))]
        docs = datasets.get_docs(db, dataset.id, list({label.docid for label in changed}))
        queries = {query.qid: query for query in datasets.get_queries(db, dataset.id)}
    return [
        StaleLabel(label, queries.get(label.qid, Query(label.qid, label.qid)), docs[label.docid]) for label in changed
    ]


def grade_again(workspace: Workspace, dataset: DatasetRow, judge: str, stale: StaleLabel, grade: int) -> None:
    """Say what the changed passage is worth, in this judge's name; the label's own grade confirms it.

    An adjudicated label is adjudicated again. Raises BadInputError for a grade that is not on the scale.
    """
    label = stale.label
    source = "adjudication" if label.source == "adjudication" else "human"
    event = GradeEvent(str(uuid4()), 1, "grade", label.qid, label.docid, grade, rule="stale")
    with workspace.write() as db:
        row = datasets.get_dataset(db, dataset.name)
        judgments.record(db, row.id, judge, [event], row.scale, source)
