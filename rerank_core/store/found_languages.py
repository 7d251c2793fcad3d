"""In which language passages were found to be, kept: what tells it takes half a second and 80 MB to read."""

from __future__ import annotations

from contextlib import suppress

from sqlite_utils import Database

from rerank_core.errors import WorkspaceError
from rerank_core.store import row_values
from rerank_core.store.workspace import Workspace, transaction


def kept_language(workspace: Workspace, fingerprint: str, found_by: str) -> str | None:
    """The code that `keep_language` was given for these passages; None: they were not looked at in this way."""
    with workspace.open() as db:
        row = db.execute(
            "SELECT code FROM found_language WHERE fingerprint = ? AND found_by = ?", [fingerprint, found_by]
        ).fetchone()
    return None if row is None else row_values.text(row[0])


def keep_language(workspace: Workspace, fingerprint: str, found_by: str, code: str) -> None:
    """Keep it for the passages of this fingerprint, and forget those of passages that are gone.

    `found_by`: the way that it was found. Where nothing can be written it is found again the next time.
    """
    with suppress(WorkspaceError), workspace.open() as db:
        # a page that is drawn does not wait for whoever writes for long
        db.execute("PRAGMA busy_timeout = 1000")
        with transaction(db):
            _put(db, fingerprint, found_by, code)


def _put(db: Database, fingerprint: str, found_by: str, code: str) -> None:
    db.execute("DELETE FROM found_language WHERE fingerprint NOT IN (SELECT fingerprint FROM dataset)")
    sql = "INSERT OR REPLACE INTO found_language (fingerprint, code, found_by) VALUES (?, ?, ?)"
    db.execute(sql, [fingerprint, code, found_by])
