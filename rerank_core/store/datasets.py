"""Datasets, their passages and queries, as the workspace holds them."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlite_utils import Database

from rerank_core.errors import BadInputError, NotFoundError, RerankLensError
from rerank_core.store import row_values
from rerank_core.store.found_languages import keep_language, kept_language
from rerank_core.store.query_states import UNREADABLE, query_of
from rerank_core.store.query_states import count_queries as count_queries
from rerank_core.store.scales import DEFAULT, preset_names
from rerank_core.store.workspace import Workspace, now
from rerank_core.types import Doc, Query


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A dataset's facts. `fingerprint` changes with any passage's id, text, title or metadata, and back with them.

    `queries_fingerprint` does so with any query that counts; "" where an earlier version made it and none changed.
    `scale` maps each grade to its name, lowest grade first. `report` is what the import found.
    """

    id: int
    name: str
    source: str
    created_at: str
    scale: dict[int, str]
    fingerprint: str
    n_docs: int
    n_queries: int
    report: dict[str, Any] = field(default_factory=dict)
    queries_fingerprint: str = ""

    @property
    def made_of(self) -> tuple[object, ...]:
        """Changes with all of the dataset that a figure depends on, beside grades and rankings: for keys of caches.

        Another dataset that takes the place of a deleted one, with its name and number, is another one.
        """
        return (
            *(self.id, self.created_at, self.name, self.fingerprint),
            *(self.n_queries, self.queries_fingerprint, tuple(sorted(self.scale.items()))),
        )


def list_datasets(db: Database) -> list[DatasetRow]:
    """All datasets that are whole and readable, oldest first; `unreadable_datasets` has those that are not."""
    return [row for row in _ready(db) if isinstance(row, DatasetRow)]


def unreadable_datasets(db: Database) -> dict[str, str]:
    """Name -> what of it this version cannot read, of datasets that are whole; a newer version may have written it."""
    return {row.name: row.problem for row in _ready(db) if isinstance(row, _Unreadable)}


def _ready(db: Database) -> list[DatasetRow | _Unreadable]:
    return [_dataset(row) for row in db.query("SELECT * FROM dataset WHERE state = 'ready' ORDER BY id")]


def get_dataset(db: Database, name: str) -> DatasetRow:
    """The dataset of this name. Raises NotFoundError, RerankLensError where this version cannot read it."""
    for row in db.query("SELECT * FROM dataset WHERE name = ? AND state = 'ready'", [name]):
        dataset = _dataset(row)
        if isinstance(dataset, _Unreadable):
            raise RerankLensError(f"The dataset '{name}' is not known to this version: {dataset.problem}.")
        return dataset
    known = ", ".join(dataset.name for dataset in list_datasets(db)) or "none yet"
    raise NotFoundError(f"There is no dataset '{name}' in this workspace. Known: {known}.")


def begin_dataset(db: Database, name: str, source: str, scale: dict[int, str] | None = None) -> int:
    """Make a dataset that nobody sees until `finish_dataset`; return its id.

    Raises BadInputError where the name is empty or taken.
    """
    if not name.strip():
        raise BadInputError("dataset name", None, "the name is empty", "a name, for example 'support-2025'")
    names = json.dumps({str(grade): label for grade, label in (scale or preset_names(DEFAULT)).items()})
    try:
        cursor = db.execute(
            "INSERT INTO dataset (name, source, state, created_at, scale) VALUES (?, ?, 'importing', ?, ?)",
            [name.strip(), source, now(), names],
        )
    except sqlite3.IntegrityError as error:
        raise BadInputError("dataset name", None, f"'{name}' is taken", "a name that is not in use") from error
    return int(cursor.lastrowid or 0)


def add_docs(db: Database, dataset_id: int, docs: Iterable[Doc]) -> None:
    """Append passages. Raises sqlite3.IntegrityError where a docid is there already."""
    rows = (
        (dataset_id, d.docid, d.title, d.text, json.dumps(dict(d.metadata), ensure_ascii=False), d.text_hash)
        for d in docs
    )
    db.conn.executemany(
        "INSERT INTO doc (dataset_id, docid, title, text, metadata, text_hash) VALUES (?, ?, ?, ?, ?, ?)", rows
    )


def replace_docs(db: Database, dataset_id: int, docs: Iterable[Doc]) -> None:
    """Put passages in the place of those with their docids; the fingerprint and the count are left to the caller."""
    rows = (
        (d.title, d.text, json.dumps(dict(d.metadata), ensure_ascii=False), d.text_hash, dataset_id, d.docid)
        for d in docs
    )
    db.conn.executemany(
        "UPDATE doc SET title = ?, text = ?, metadata = ?, text_hash = ? WHERE dataset_id = ? AND docid = ?", rows
    )


def add_queries(db: Database, dataset_id: int, queries: Iterable[Query]) -> None:
    """Append queries; a qid that is there already keeps its first text.

    A scratch query counts from now on. One that was removed comes back, with its grades where its text is the same.
    """
    rows = ((dataset_id, q.qid, q.text, q.note, json.dumps(q.tags, ensure_ascii=False)) for q in queries)
    db.conn.executemany(
        """INSERT INTO query (dataset_id, qid, text, note, tags) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (dataset_id, qid) DO UPDATE SET state = 'kept', text = excluded.text, note = excluded.note,
           tags = excluded.tags, grades_after = CASE WHEN text = excluded.text THEN grades_after ELSE
             (SELECT coalesce(max(id), 0) FROM judgment WHERE judgment.dataset_id = excluded.dataset_id) END
           WHERE state <> 'kept'""",
        rows,
    )


def finish_dataset(db: Database, dataset_id: int, report: dict[str, Any]) -> None:
    """Count, take the fingerprint, and show the dataset to everybody."""
    count_queries(db, dataset_id)
    count_docs(db, dataset_id, report)
    db.execute("UPDATE dataset SET state = 'ready' WHERE id = ?", [dataset_id])


def count_docs(db: Database, dataset_id: int, report: dict[str, Any]) -> None:
    """Bring the dataset's count of passages and its fingerprint up to date, and keep what the report says now."""
    digest, n_docs = hashlib.sha256(), 0
    # by docid: passages that were removed and come back stand in another place, and are the same passages
    sql = "SELECT docid, title, text_hash, metadata FROM doc WHERE dataset_id = ? ORDER BY docid"
    for row in db.conn.execute(sql, [dataset_id]):
        digest.update("\x00".join(map(row_values.text, row)).encode("utf-8", "surrogatepass") + b"\x01")
        n_docs += 1
    db.execute(
        "UPDATE dataset SET fingerprint = ?, n_docs = ?, report = ? WHERE id = ?",
        [digest.hexdigest()[:16], n_docs, json.dumps(report, ensure_ascii=False), dataset_id],
    )


def refuse_changed(db: Database, dataset: DatasetRow) -> None:
    """Raise RerankLensError where the dataset's passages are no longer those that `dataset` speaks of."""
    row = db.execute("SELECT fingerprint FROM dataset WHERE id = ?", [dataset.id]).fetchone()
    if row is None or row[0] != dataset.fingerprint:
        raise RerankLensError(f"The passages of '{dataset.name}' changed in the meantime. Start again.")


def hide_dataset(db: Database, dataset_id: int) -> None:
    """Have nobody see a dataset that is being removed, and free its name; it counts as half imported from here on."""
    sql = "UPDATE dataset SET state = 'importing', name = 'removed ' || id || ' ' || hex(randomblob(8)) WHERE id = ?"
    db.execute(sql, [dataset_id])


def drop_dataset(db: Database, dataset_id: int) -> None:
    """Remove a dataset and all that hangs on it (an import that failed leaves nothing)."""
    db.execute("DELETE FROM dataset WHERE id = ?", [dataset_id])


def get_queries(db: Database, dataset_id: int) -> list[Query]:
    """All queries that count, in their order of import; scratch and removed ones are not among them."""
    sql = "SELECT qid, text, note, tags FROM query WHERE dataset_id = ? AND state = 'kept' ORDER BY id"
    return [query_of(row) for row in db.query(sql, [dataset_id])]


def get_docs(db: Database, dataset_id: int, docids: Sequence[str]) -> dict[str, Doc]:
    """docid -> passage, for those of `docids` that exist."""
    sql = "SELECT * FROM doc WHERE dataset_id = ? AND docid IN (SELECT value FROM json_each(?))"
    return {row["docid"]: _doc(row) for row in db.query(sql, [dataset_id, json.dumps(list(docids))])}


def walk_docs(db: Database, dataset_id: int, docids: Sequence[str]) -> Iterator[Doc]:
    """As `get_docs`, one passage in memory at a time."""
    sql = "SELECT * FROM doc WHERE dataset_id = ? AND docid IN (SELECT value FROM json_each(?))"
    yield from map(_doc, db.query(sql, [dataset_id, json.dumps(list(docids))]))


def text_hashes(db: Database, dataset_id: int, docids: Sequence[str]) -> dict[str, str]:
    """docid -> hash of the passage's text now, for those of `docids` that exist."""
    sql = """SELECT docid, text_hash FROM doc
             WHERE dataset_id = ? AND docid IN (SELECT value FROM json_each(?))"""
    return dict(db.execute(sql, [dataset_id, json.dumps(list(docids))]))


def docids_by_hash(db: Database, dataset_id: int, hashes: Sequence[str]) -> dict[str, str]:
    """Hash of a text -> docid of the passage with this text now, the first one in the order of ids."""
    sql = """SELECT text_hash, min(docid) FROM doc
             WHERE dataset_id = ? AND text_hash IN (SELECT value FROM json_each(?)) GROUP BY text_hash"""
    return dict(db.execute(sql, [dataset_id, json.dumps(list(hashes))]))


class StoredCorpus:
    """A dataset's passages as a `types.Corpus`, read from the workspace in batches.

    Raises RerankLensError where somebody changes the passages while they are read: what is made of them is kept under
    the fingerprint that they had before.
    """

    def __init__(self, workspace: Workspace, dataset: DatasetRow) -> None:
        self._workspace, self._dataset = workspace, dataset

    def __len__(self) -> int:
        return self._dataset.n_docs

    def docs(self) -> Iterator[Doc]:
        """All passages in their order of import; a batch in memory at a time."""
        last = 0
        while True:
            with self._unchanged() as db:
                sql = "SELECT * FROM doc WHERE dataset_id = ? AND id > ? ORDER BY id LIMIT 2000"
                rows = list(db.query(sql, [self._dataset.id, last]))
            yield from map(_doc, rows)
            if not rows:
                return
            last = rows[-1]["id"]

    def sample(self, most: int) -> list[Doc]:
        """The `most` passages with the lowest text hashes: the same ones, whatever their order of import."""
        sql = "SELECT * FROM doc WHERE dataset_id = ? ORDER BY text_hash, docid LIMIT ?"
        with self._unchanged() as db:
            return [_doc(row) for row in db.query(sql, [self._dataset.id, most])]

    def hashes(self) -> Iterator[tuple[str, str]]:
        """(docid, text hash) of every passage, in the order of `docs`."""
        sql = "SELECT docid, text_hash FROM doc WHERE dataset_id = ? ORDER BY id"
        with self._unchanged() as db:
            yield from db.conn.execute(sql, [self._dataset.id])

    def pick(self, docids: Sequence[str]) -> Iterator[Doc]:
        """The passages of these docids that exist, in their order; a batch in memory at a time."""
        for part in batches(docids, 500):
            with self._unchanged() as db:
                found = get_docs(db, self._dataset.id, part)
            yield from (found[docid] for docid in part if docid in found)

    def kept_language(self, found_by: str) -> str | None:
        """What was found before, see `store.found_languages`."""
        return kept_language(self._workspace, self._dataset.fingerprint, found_by)

    def keep_language(self, found_by: str, code: str) -> None:
        """Keep what was found, see `store.found_languages`."""
        keep_language(self._workspace, self._dataset.fingerprint, found_by, code)

    @contextmanager
    def _unchanged(self) -> Iterator[Database]:
        """A connection that sees one moment, in which the passages are the dataset's."""
        with self._workspace.open() as db:
            db.conn.execute("BEGIN")
            refuse_changed(db, self._dataset)
            yield db


def batches(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Cut a stream into lists of `size` (the last one may be shorter)."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _doc(row: dict[str, Any]) -> Doc:
    try:
        metadata = row_values.mapping(row["metadata"])
    except row_values.UNREADABLE:
        metadata = {UNREADABLE: row_values.shown(row["metadata"])}
    docid, text, title = (row_values.text(row[name]) for name in ("docid", "text", "title"))
    return Doc(docid, text, title, metadata)


@dataclass(frozen=True, slots=True)
class _Unreadable:
    name: str
    problem: str


def _dataset(row: dict[str, Any]) -> DatasetRow | _Unreadable:
    parts: dict[str, Any] = {}
    for part, read in _PARTS.items():
        try:
            parts[part] = read(row[part])
        except row_values.UNREADABLE:
            name = row["name"] if isinstance(row["name"], str) else row_values.shown(row["name"])
            return _Unreadable(name, f"its {part} reads {row_values.shown(row[part])}")
    return DatasetRow(**parts)


def _scale(value: Any) -> dict[int, str]:
    scale = {row_values.whole(int(grade)): label for grade, label in row_values.mapping(value).items()}
    if not scale or len(scale) > _MOST_GRADES or not all(isinstance(label, str) for label in scale.values()):
        raise ValueError("a scale names its grades")
    return scale


_MOST_GRADES = 1_000
_PARTS: dict[str, Callable[[Any], Any]] = {
    "id": row_values.whole,
    "name": row_values.own_text,
    **dict.fromkeys(("source", "created_at", "fingerprint", "queries_fingerprint"), row_values.text),
    **dict.fromkeys(("n_docs", "n_queries"), row_values.whole),
    "scale": _scale,
    "report": row_values.mapping,
}
"""The columns that a dataset is read from, and how."""
