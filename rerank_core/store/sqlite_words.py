"""What SQLite complains of, in words for a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rerank_core.errors import WorkspaceError

# faults of the code that asks, or answers that it waits for; not of the file
_OF_THE_CALLER = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError, sqlite3.NotSupportedError)

_WORDS = {
    sqlite3.SQLITE_FULL: "could not be written: the disk is full. Make room, and try again",
    sqlite3.SQLITE_CORRUPT: "is damaged. Put a backup in its place: rerank-lens restore FILE",
    sqlite3.SQLITE_NOTADB: "cannot be opened as a workspace: it is not a database",
    sqlite3.SQLITE_BUSY: "is held by another program for too long. Try again when that has ended",
    sqlite3.SQLITE_LOCKED: "is held by another program for too long. Try again when that has ended",
    sqlite3.SQLITE_READONLY: "can only be read by this user, nothing can be written into it",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened as a workspace by this user",
    sqlite3.SQLITE_IOERR: "could not be read or written: the disk, or the file on it, does not answer",
}

# no errno comes along: a quota that is used up, and room that is missing for SQLite's own files, look like this too
_NOT_WRITTEN = {
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_SHMOPEN,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_SHMMAP,
}
_NO_ROOM = (
    "could not be written: the disk is full, a quota is used up, or the disk does not answer. Make room, and try again"
)


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turn what SQLite raises about the file at `path` into a WorkspaceError.

    What is a caller's to handle, such as a constraint that does not hold, passes as it is.
    """
    try:
        yield
    except _OF_THE_CALLER:
        raise
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0)
        told = _WORDS.get(code & 0xFF, "cannot be opened as a workspace, it does not hold what it should")
        if code in _NOT_WRITTEN:
            told = _NO_ROOM
        raise WorkspaceError(f"{path} {told} ({error}).") from error
