"""Opening the workspace file: a connection a call, and one write transaction at a time."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from rerank_core.errors import RerankLensError
from rerank_core.store.file_lock import held
from rerank_core.store.migrations import COUNT, apply

VARIABLE = "RERANK_LENS_WORKSPACE"
_PATIENCE = 30.0


def default_path() -> Path:
    """Where the workspace lies: RERANK_LENS_WORKSPACE, else rerank-lens/workspace.db in the user's data folder."""
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser()
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "rerank-lens" / "workspace.db"


def now() -> str:
    """The time as ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Workspace:
    """A workspace by its path. It holds no connection, so it can be shared by threads and kept in a cache.

    The file and its folder are made, and pending migrations run, when it is first opened. `path` None: that of the app,
    see `default_path`.

    >>> import rerank_core as rl
    >>> rl.Workspace("mine.db").path.name
    'mine.db'
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = Path(path) if path is not None else default_path()

    @property
    def index_folder(self) -> Path:
        """The folder of derived indexes beside the file: it can be deleted at any time and is then built again."""
        return self.path.with_name(self.path.name + ".index")

    def _connect(self) -> Database:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            connection = sqlite3.connect(self.path, timeout=_PATIENCE)
            _use_wal(connection, self.path)
            for pragma in ("busy_timeout = 30000", "foreign_keys = ON", "synchronous = FULL"):
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.DatabaseError as error:
            message = f"{self.path} cannot be opened as a workspace: {error}"
            raise RerankLensError(message) from error
        return Database(connection, execute_plugins=False)

    @contextmanager
    def open(self) -> Iterator[Database]:
        """A connection for reading and for single writes; closed at the end of the block.

        Raises RerankLensError where the file is not a workspace.
        """
        db = self._connect()
        try:
            self._migrate(db)
            yield db
        finally:
            db.close()

    @contextmanager
    def write(self) -> Iterator[Database]:
        """One transaction that holds the write lock from its start: all of it is kept, or nothing."""
        with self.open() as db, transaction(db):
            yield db

    def _migrate(self, db: Database) -> None:
        # user_version is asked at each opening: the file may have been deleted or replaced under a running app
        if db.execute("PRAGMA user_version").fetchone()[0] == COUNT:
            return
        # From its start a writer: SQLite waits only for the first lock of a transaction, and any reader of a file that
        # is just being made may hold the write lock for a moment, to recover the index of its log.
        with _one_at_a_time(self.path), transaction(db):
            apply(db)


@contextmanager
def transaction(db: Database) -> Iterator[None]:
    """A connection's own transaction, as `Workspace.write` has it."""
    # sqlite-utils' atomic() begins as a reader, and a reader that becomes a writer can fail at once
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.conn.rollback()
        raise
    db.conn.commit()


def _use_wal(connection: sqlite3.Connection, path: Path) -> None:
    """Have the file written ahead. Where two switch a new one at once, SQLite tells one of them "locked", unwaited."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        return
    last = time.monotonic() + _PATIENCE
    with _one_at_a_time(path):
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError:
                # others look at the mode meanwhile
                if time.monotonic() > last:
                    raise
                time.sleep(0.02)


def _one_at_a_time(path: Path) -> AbstractContextManager[None]:
    """Ten processes may open a new workspace at once; the first one makes the tables."""
    return held(path.with_name(path.name + ".lock"), lambda: time.sleep(0.01))
