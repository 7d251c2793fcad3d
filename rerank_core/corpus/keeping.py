"""A dataset that is here given another name, or removed with all that belongs to it."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlite_utils import Database

from rerank_core.corpus.formats.record import as_name
from rerank_core.corpus.importing.leftovers import drop_in_steps
from rerank_core.errors import BadInputError, RerankLensError
from rerank_core.store import datasets
from rerank_core.store.dataset_jobs import drop_jobs, rename_in_jobs, running_kinds
from rerank_core.store.file_lock import alone
from rerank_core.store.workspace import Workspace
from rerank_core.types import Progress, no_progress

STAYS = "Systems stay, and so do scores and vectors that were kept for texts: they hold no text."
"""What a removal leaves. The file itself keeps its size, and uses the room again."""


@dataclass(frozen=True, slots=True)
class Belongings:
    """What belongs to a dataset, and goes with it.

    `judgments`: rows of the history, grades and undos alike, `judges`: by how many people and files. `rankings`: of
    systems, for a query each. `runs`: TREC runs that were imported. `votes`: blind votes. `index_bytes`: of its indexes
    on the disk; 0 where another dataset has the same passages, and so the same indexes.
    """

    passages: int
    queries: int
    judgments: int
    judges: int
    rankings: int
    runs: int
    votes: int
    index_bytes: int

    def to_dict(self) -> dict[str, int]:
        """By name."""
        return asdict(self)


def belongings(workspace: Workspace, name: str) -> Belongings:
    """What goes with this dataset. Raises NotFoundError."""
    with workspace.open() as db:
        row = datasets.get_dataset(db, name)
        folder = _own_index(workspace, db, row)

        def count(sql: str) -> int:
            return int(db.execute(sql, [row.id]).fetchone()[0])

        return Belongings(
            passages=row.n_docs,
            queries=row.n_queries,
            judgments=count("SELECT count(*) FROM judgment WHERE dataset_id = ?"),
            judges=count("SELECT count(DISTINCT judge) FROM judgment WHERE dataset_id = ?"),
            rankings=count("SELECT count(*) FROM ranking JOIN candidates ON key = candidates_key WHERE dataset_id = ?"),
            runs=count("SELECT count(*) FROM imported_run WHERE dataset_id = ?"),
            votes=count("SELECT count(*) FROM vote WHERE dataset_id = ?"),
            index_bytes=_size(folder) if folder is not None else 0,
        )


def _own_index(workspace: Workspace, db: Database, row: datasets.DatasetRow) -> Path | None:
    """The folder of the dataset's indexes; None where there is none, or another dataset needs it."""
    others = {other.fingerprint for other in datasets.list_datasets(db) if other.id != row.id}
    folder = workspace.index_folder / row.fingerprint
    return folder if row.fingerprint and row.fingerprint not in others and folder.is_dir() else None


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def rename_dataset(workspace: Workspace, name: str, new: str) -> str:
    """Give a dataset another name and return it; all that belongs to it stays as it is.

    Raises NotFoundError, BadInputError where the new name is taken or none, RerankLensError while a job of it runs.
    """
    new = as_name(new, "dataset name")
    with workspace.write() as db:
        row = datasets.get_dataset(db, name)
        _refuse_busy(db, name)
        try:
            db.execute("UPDATE dataset SET name = ? WHERE id = ?", [new, row.id])
        except sqlite3.IntegrityError as error:
            raise BadInputError("dataset name", None, f"'{new}' is taken", "a name that is not in use") from error
        rename_in_jobs(db, name, new)
    return new


def delete_dataset(workspace: Workspace, name: str, progress: Progress = no_progress) -> Belongings:
    """Remove a dataset with its passages, queries, judgments, rankings, jobs and indexes; return what went.

    From the first step on nobody sees it; what is left where this is killed, the next import removes. Raises
    NotFoundError, and RerankLensError while a job of it runs.
    """
    with alone(workspace, progress):
        went = belongings(workspace, name)
        with workspace.write() as db:
            row = datasets.get_dataset(db, name)
            _refuse_busy(db, name)
            folder = _own_index(workspace, db, row)
            drop_jobs(db, name)
            datasets.hide_dataset(db, row.id)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        progress(0, 0, "removing the passages")
        with workspace.open() as db:
            drop_in_steps(db, row.id)
    return went


def _refuse_busy(db: Database, name: str) -> None:
    if kinds := running_kinds(db, name):
        raise RerankLensError(f"A job of '{name}' runs now ({', '.join(kinds)}). Stop it first, or wait for its end.")
