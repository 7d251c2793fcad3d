"""The labels of a dataset with all of their history, as JSON lines for tools or CSV for people; nothing is left out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TextIO

from rerank_core.corpus.spreadsheets import csv_text
from rerank_core.errors import BadInputError
from rerank_core.store import judges, query_states
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from rerank_core.types import Query

Format = Literal["jsonl", "csv"]


@dataclass(frozen=True, slots=True)
class LabelEvent:
    """A row of the history. `event` counts up with time; `at` is ISO 8601 in UTC.

    `kind`: grade, undo, skip or note. `old_grade` and `new_grade`: of this judge before and after it, None where
    there was or is none. `source`: human, import, llm or adjudication. `rule`: how the pair came to the judge, see
    `judgments.RULES`. `text_hash`: of the text that they saw ("" where it is not known). `query`: its text.
    """

    event: int
    at: str
    judge: str
    qid: str
    query: str
    docid: str
    kind: str
    old_grade: int | None
    new_grade: int | None
    source: str
    rule: str
    note: str
    text_hash: str


def label_events(workspace: Workspace, dataset: DatasetRow) -> list[LabelEvent]:
    """The whole history, oldest first."""
    with workspace.open() as db:
        changes = list(judges.changes(db, dataset.id))
        queries = query_states.once_here(db, dataset.id, {change.qid for change in changes})
        return [
            LabelEvent(
                change.event, change.at, change.judge, change.qid, _text(queries.get(change.qid)), change.docid,
                change.kind, change.old, change.new,
                change.source, change.rule, change.note, change.text_hash,
            )
            for change in changes
        ]  # fmt: skip


def _text(query: Query | None) -> str:
    return "" if query is None else query.text


def write_labels(events: Iterable[LabelEvent], out: TextIO, form: Format) -> int:
    """Write events to an open text file and return how many.

    CSV has a header, an empty field for None, and an apostrophe before what a spreadsheet would run, see
    `spreadsheets.harmless`; JSON lines have every text as it is.
    """
    rows = [asdict(event) for event in events]
    if form == "csv":
        out.write(csv_text(LabelEvent.__dataclass_fields__, (row.values() for row in rows)))
    else:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return len(rows)


def export_labels(workspace: Workspace, dataset: DatasetRow, path: Path) -> int:
    """Write the whole history to `path`, .jsonl or .csv, and return how many events it has.

    Raises BadInputError for another ending.
    """
    forms: dict[str, Format] = {".jsonl": "jsonl", ".csv": "csv"}
    form = forms.get(path.suffix.lower())
    if form is None:
        raise BadInputError(path, None, "the ending does not say how to write it", " or ".join(forms))
    events = label_events(workspace, dataset)
    with path.open("w", encoding="utf-8", newline="") as out:
        return write_labels(events, out, form)
