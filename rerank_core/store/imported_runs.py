"""Runs that were made elsewhere and imported from a TREC file, under a name of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlite_utils import Database

from rerank_core.errors import BadInputError, NotFoundError
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


def put_imported(db: Database, dataset_id: int, name: str, source: str, rankings: Mapping[str, Ranking]) -> ImportedRun:
    """Keep a run (qid -> ranking) under its name, which is the workspace's only one.

    The same content under the same name and dataset is there already and stays. To be called inside
    `Workspace.write()`. Raises BadInputError where the name is taken by something else.
    """
    rows = {qid: _dump(ranking) for qid, ranking in rankings.items()}
    content = text_hash("\x00".join(f"{qid}\x01{docs}" for qid, docs in sorted(rows.items())))
    for run_id, other, kept in db.execute("SELECT id, dataset_id, content FROM imported_run WHERE name = ?", [name]):
        if (other, kept) != (dataset_id, content):
            raise BadInputError("run name", None, f"'{name}' is taken by another run", "a name that is not in use")
        return get_imported(db, int(run_id))
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


def list_imported(db: Database) -> list[ImportedRun]:
    """All imported runs, oldest first."""
    sql = """SELECT i.id, d.name, i.name, i.source, i.content, i.at
             FROM imported_run i JOIN dataset d ON d.id = i.dataset_id ORDER BY i.id"""
    return [ImportedRun(*row) for row in db.execute(sql)]


def get_imported(db: Database, run_id: int) -> ImportedRun:
    """An imported run by its id. Raises NotFoundError."""
    for run in list_imported(db):
        if run.id == run_id:
            return run
    raise NotFoundError(f"There is no imported run {run_id} in this workspace.")


def imported_rankings(db: Database, run_id: int, qid: str | None = None) -> dict[str, Ranking]:
    """qid -> ranking, as the file had it, under the run's name; `qid`: of this query only. No seconds: not known."""
    sql = """SELECT r.qid, i.name, r.docs FROM imported_ranking r JOIN imported_run i ON i.id = r.run_id
             WHERE r.run_id = ? AND (? IS NULL OR r.qid = ?) ORDER BY r.rowid"""
    rows = db.execute(sql, [run_id, qid, qid])
    return {own: Ranking(own, name, _load(docs)) for own, name, docs in rows}


def _dump(ranking: Ranking) -> str:
    return json.dumps([[doc.docid, doc.score] for doc in ranking.docs], ensure_ascii=False, separators=(",", ":"))


def _load(docs: str) -> tuple[ScoredDoc, ...]:
    return tuple(ScoredDoc(docid, score, rank) for rank, (docid, score) in enumerate(json.loads(docs), start=1))
