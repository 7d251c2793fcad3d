"""Whether a database is a workspace of ours, of this version or an earlier one: what is not is refused unchanged."""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database

from rerank_core.errors import WorkspaceError
from rerank_core.store.migrations import COUNT, migrations

_checked: dict[tuple[str, int], int] = {}
"""(path, inode) -> the number of the schema that was looked at last; SQLite raises it with every change."""


def refuse_foreign(db: Database, path: Path) -> None:
    """Raise WorkspaceError for what is no workspace of this version or an earlier one; a new, empty file passes.

    That is a workspace of a newer version, the database of another program, and one with triggers or views, which would
    run with our own writes. It only reads, so that what is refused stays as it was.
    """
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > COUNT:
        raise _newer(path, f"its schema has the number {version}, and this version knows {COUNT}")
    key, schema = (str(path), path.stat().st_ino), int(db.execute("PRAGMA schema_version").fetchone()[0])
    if _checked.get(key) == schema:
        return
    rows = db.execute("SELECT type, name FROM sqlite_master").fetchall()
    if rows and (("table", migrations.migrations_table) not in rows):
        raise WorkspaceError(f"{path} cannot be opened as a workspace: it is the database of another program.")
    programs = [f"the {kind} '{name}'" for kind, name in rows if kind in ("trigger", "view")]
    if programs:
        raise WorkspaceError(
            f"{path} is not opened: it holds {', '.join(programs[:3])}, which no workspace has. Such a program of "
            "somebody else's would run with each thing that is written here; it can, for example, delete grades."
        )
    known = {migration.name for migration in migrations.pending(Database(memory=True))}
    if unknown := [one.name for one in migrations.applied(db) if one.name not in known]:
        raise _newer(path, f"it has {', '.join(unknown[:3])}, which this version does not know")
    _checked[key] = schema


def _newer(path: Path, why: str) -> WorkspaceError:
    return WorkspaceError(
        f"{path} is a workspace of a newer version of Rerank Lens ({why}). It was left as it is: open it with that "
        "version, or restore a backup from before."
    )
