"""One connection to the workspace's file, as everything here needs it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from rerank_core.store.file_place import beside

_PRAGMAS = (
    "foreign_keys = ON",
    "synchronous = FULL",
    "trusted_schema = OFF",  # a schema of somebody else's calls none of the functions that can do harm
)


def connect(path: Path, patience: float) -> sqlite3.Connection:
    """A connection that reads and writes, and waits `patience` seconds for others. It never makes the file.

    Raises sqlite3.Error.
    """
    return _prepared(path, "mode=rw", patience)


def connect_read_only(path: Path) -> sqlite3.Connection:
    """A connection that only reads, for a file or folder that cannot be written. Raises sqlite3.Error.

    SQLite reads its log through a file that it makes beside it; where none lies there, and none can be made, the file
    is taken as one that does not change. That is never done while there is something in the log.
    """
    log = beside(path, "-wal")
    if not log.exists():
        return _prepared(path, "mode=ro&immutable=1")
    try:
        return _prepared(path, "mode=ro")
    except sqlite3.OperationalError:
        if log.stat().st_size:
            raise
        return _prepared(path, "mode=ro&immutable=1")


def _prepared(path: Path, how: str, patience: float = 5.0) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{Path(os.path.abspath(path)).as_uri()}?{how}", timeout=patience, uri=True)
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # whether it can be read at all
    except BaseException:
        connection.close()
        raise
    return connection
