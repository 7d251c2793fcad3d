"""Which file this process serves: what was promised to lie in one file must not be looked for, or written, in another.

A workspace has a random id, made with it. A process remembers, for each path, the id and the place on the disk (the
inode) of the file that it opened there first, and takes no other for it until it is started anew: neither one of
another id, nor a copy of the same id, such as a backup that was put in its place, which may lack what was kept since.
The same file on a disk that went and came back, under another device number, is the same.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from rerank_core.errors import WorkspaceError

KEPT = "Until it is back, nothing is kept in it; grades stay in the browser's tab."
RESTART = "To use the one that lies there now, stop the app and start it again."


@dataclass(frozen=True, slots=True)
class ServedFile:
    """The workspace's id, and its file's number on the disk."""

    id: str
    inode: int


_served: dict[str, ServedFile] = {}


def served(path: Path) -> ServedFile | None:
    """What this process opened at `path` first; None where it opened nothing there yet."""
    return _served.get(os.path.abspath(path))


def refuse_other_file(path: Path) -> None:
    """Raise WorkspaceError where the file that this process opened at `path` is not there, or another one is.

    Nothing is opened or made for it.
    """
    known = served(path)
    if known is None:
        return
    try:
        inode = path.stat().st_ino
    except OSError as error:
        raise WorkspaceError(f"The workspace file is not where it was: there is nothing at {path}. {KEPT}") from error
    if inode != known.inode:
        raise WorkspaceError(f"The workspace file is not where it was: another file lies at {path}. {KEPT} {RESTART}")


def refuse_other_workspace(db: Database, path: Path) -> None:
    """Remember the file behind `db` as the one that is served at `path`; raise WorkspaceError where another one is."""
    row = db.execute("SELECT id FROM identity").fetchone()
    if row is None:
        raise WorkspaceError(f"{path} is no whole workspace: it lacks its id.")
    known = _served.setdefault(os.path.abspath(path), ServedFile(str(row[0]), path.stat().st_ino))
    refuse_other_file(path)
    if row[0] != known.id:
        raise WorkspaceError(
            f"The workspace file is not where it was: another workspace lies at {path}. {KEPT} {RESTART}"
        )
