"""Runs that were made elsewhere and imported from a TREC file, under a name of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from rerank_core.errors import BadInputError, NameTakenError, NotFoundError, RerankLensError
from rerank_core.store import row_values
from rerank_core.store.workspace import now
from rerank_core.types import Ranking, ScoredDoc, text_hash


@dataclass(frozen=True, slots=True)
class ImportedRun:
    """`content`: a hash over all its rankings and scores. `dataset`: that it belongs to.

    `source`: the file's name, and in brackets what a reader should know of it.
    """

    id: int
    dataset: str
    name: str
    source: str
    content: str
    at: str


def put_imported(
    db: Database, dataset_id: int, name: str, source: str, rankings: Mapping[str, Ranking], replace: bool = False
) -> ImportedRun:
    """Keep a run (qid -> ranking) under its name, which is the workspace's only one.

    The same content under the same name and dataset is there already and stays. `replace`: another run of this name
    and dataset goes. To be called inside `Workspace.write()`. Raises NameTakenError where one would go and `replace`
    is False, BadInputError where the name is that of another dataset's run.
    """
    rows = {qid: _dump(ranking) for qid, ranking in rankings.items()}
    content = text_hash("\x00".join(f"{qid}\x01{docs}" for qid, docs in sorted(rows.items())))
    for run_id, other, kept in db.execute("SELECT id, dataset_id, content FROM imported_run WHERE name = ?", [name]):
        if (other, kept) == (dataset_id, content):
            return get_imported(db, int(run_id))
        if other != dataset_id:
            taken = f"'{name}' is taken by a run of the dataset '{get_imported(db, int(run_id)).dataset}'"
            raise BadInputError("run name", None, taken, "a name that is not in use")
        if not replace:
            raise NameTakenError(f"run:{name}")
        db.execute("DELETE FROM imported_run WHERE id = ?", [run_id])
    cursor = db.execute(
        "INSERT INTO imported_run (dataset_id, name, source, content, at) VALUES (?, ?, ?, ?, ?)",
        [dataset_id, name, source, content, now()],
    )
    run_id = int(cursor.lastrowid or 0)
    db.conn.executemany(
        "INSERT INTO imported_ranking (run_id, qid, docs) VALUES (?, ?, ?)",
        [(run_id, qid, docs) for qid, docs in rows.items()],
    )
    return get_imported(db, run_id)


def extend_imported(
    db: Database, dataset_id: int, name: str, source: str, rankings: Mapping[str, Ranking]
) -> ImportedRun:
    """Add rankings to the run of this name, or begin it; a query that it has already gets the new one.

    To be called inside `Workspace.write()`. Raises BadInputError where the name belongs to a run of another dataset.
    """
    row = db.execute("SELECT id, dataset_id FROM imported_run WHERE name = ?", [name]).fetchone()
    if row is None:
        return put_imported(db, dataset_id, name, source, rankings)
    run_id, other = row
    if other != dataset_id:
        raise BadInputError("run name", None, f"'{name}' is taken by another run", "a name that is not in use")
    qids = [(run_id, qid) for qid in rankings]
    db.conn.executemany("DELETE FROM imported_ranking WHERE run_id = ? AND qid = ?", qids)
    db.conn.executemany(
        "INSERT INTO imported_ranking (run_id, qid, docs) VALUES (?, ?, ?)",
        [(run_id, qid, _dump(ranking)) for qid, ranking in rankings.items()],
    )
    kept = db.execute("SELECT qid, docs FROM imported_ranking WHERE run_id = ?", [run_id]).fetchall()
    content = text_hash("\x00".join(f"{qid}\x01{docs}" for qid, docs in sorted(kept)))
    db.execute("UPDATE imported_run SET content = ?, at = ? WHERE id = ?", [content, now(), run_id])
    return get_imported(db, run_id)


def list_imported(db: Database) -> list[ImportedRun]:
    """All imported runs, oldest first; what is no text in a row is read as one."""
    sql = """SELECT i.id, d.name, i.name, i.source, i.content, i.at
             FROM imported_run i JOIN dataset d ON d.id = i.dataset_id ORDER BY i.id"""
    return [ImportedRun(run_id, *map(row_values.text, row)) for run_id, *row in db.execute(sql)]


def get_imported(db: Database, run_id: int) -> ImportedRun:
    """An imported run by its id. Raises NotFoundError."""
    for run in list_imported(db):
        if run.id == run_id:
            return run
    raise NotFoundError(f"There is no imported run {run_id} in this workspace.")


def imported_rankings(db: Database, run_id: int, qid: str | None = None) -> dict[str, Ranking]:
    """qid -> ranking, as the file had it, under the run's name; `qid`: of this query only. No seconds: not known.

    Raises RerankLensError for a ranking that this version cannot read.
    """
    sql = """SELECT r.qid, i.name, r.docs FROM imported_ranking r JOIN imported_run i ON i.id = r.run_id
             WHERE r.run_id = ? AND (? IS NULL OR r.qid = ?) ORDER BY r.rowid"""
    rows = db.execute(sql, [run_id, qid, qid])
    return {own: Ranking(row_values.text(own), row_values.text(name), _load(own, docs)) for own, name, docs in rows}


def _dump(ranking: Ranking) -> str:
    return json.dumps([[doc.docid, doc.score] for doc in ranking.docs], ensure_ascii=False, separators=(",", ":"))


def _load(qid: str, docs: Any) -> tuple[ScoredDoc, ...]:
    try:
        rows = [(row_values.text(docid), row_values.number(score)) for docid, score in row_values.listed(docs)]
    except row_values.UNREADABLE as error:
        reads = row_values.shown(docs)
        raise RerankLensError(
            f"The imported ranking of '{qid}' is not known to this version: it reads {reads}."
        ) from error
    return tuple(ScoredDoc(docid, score, rank) for rank, (docid, score) in enumerate(rows, start=1))
