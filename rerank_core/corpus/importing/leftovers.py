"""What a killed import left half done, and how it goes."""

from __future__ import annotations

from sqlite_utils import Database

from rerank_core.errors import CancelledError
from rerank_core.store import datasets
from rerank_core.store.file_lock import alone
from rerank_core.store.workspace import Workspace, transaction


def clear_leftovers(workspace: Workspace) -> None:
    """Remove what a killed import left half done. Raises CancelledError while another import runs."""
    with alone(workspace, _wait_for_nobody):
        drop_leftovers(workspace)


def _wait_for_nobody(done: int, total: int, message: str = "") -> None:
    raise CancelledError("another import is running")


def drop_leftovers(workspace: Workspace) -> None:
    """Remove datasets that a killed import left half done: to be called by who holds the lock of imports."""
    with workspace.open() as db:
        left = [row[0] for row in db.execute("SELECT id FROM dataset WHERE state = 'importing'").fetchall()]
        for dataset_id in left:
            drop_in_steps(db, dataset_id)


def drop_in_steps(db: Database, dataset_id: int) -> None:
    """Remove a dataset that nobody sees, a part at a time, so that others can write and a full disk suffices."""
    part = "SELECT id FROM doc WHERE dataset_id = ? LIMIT 500"
    while True:
        with transaction(db):
            removed = db.execute(f"DELETE FROM doc WHERE id IN ({part})", [dataset_id]).rowcount
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if not removed:
            break
    with transaction(db):
        datasets.drop_dataset(db, dataset_id)
