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

from rerank_core.errors import WorkspaceError
from rerank_core.store import bell
from rerank_core.store.connection import connect, connect_read_only
from rerank_core.store.file_lock import held
from rerank_core.store.file_place import beside, close_to_others, ensure_file, make_private_folder, why_only_read
from rerank_core.store.foreign import refuse_foreign
from rerank_core.store.migrations import COUNT, apply
from rerank_core.store.served_file import refuse_other_file, refuse_other_workspace, served
from rerank_core.store.sqlite_words import in_words

VARIABLE = "RERANK_LENS_WORKSPACE"
_PATIENCE = 30.0


def default_path() -> Path:
    """Where the workspace lies: RERANK_LENS_WORKSPACE, else rerank-lens/workspace.db in the user's data folder."""
    if named := os.environ.get(VARIABLE):
        return Path(os.path.expanduser(named))  # Path's own raises for a user that there is not
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "rerank-lens" / "workspace.db"


def now() -> str:
    """The time as ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Workspace:
    """A workspace by its path. It holds no connection, so it can be shared by threads and kept in a cache.

    The file and its folder are made, for their owner alone, when it is first opened in this process, and pending
    migrations run. Later it is never made again: a file that has gone, or another one in its place, is a
    WorkspaceError (see `served_file`). `path` None: that of the app, see `default_path`. `create` False: it is not made
    at all.

    >>> import rerank_core as rl
    >>> rl.Workspace("mine.db").path.name
    'mine.db'
    """

    def __init__(self, path: str | Path | None = None, create: bool = True) -> None:
        self.path = Path(path) if path is not None else default_path()
        self._create = create

    @property
    def index_folder(self) -> Path:
        """The folder of derived indexes beside the file: it can be deleted at any time and is then built again."""
        return beside(self.path, ".index")

    @contextmanager
    def open(self) -> Iterator[Database]:
        """A connection for reading and for single writes; closed at the end of the block.

        A file that cannot be written is opened for reading. Raises WorkspaceError where the file is not a workspace,
        not the one that this process opened first, of a newer version, damaged, locked, or the disk is full.
        """
        with in_words(self.path):
            db = self._connect()
            try:
                yield db
            finally:
                db.close()

    @contextmanager
    def write(self) -> Iterator[Database]:
        """One transaction that holds the write lock from its start: all of it is kept, or nothing.

        At its end, what was written lies in the file that is served. Raises WorkspaceError as `open`, and where the
        file can only be read.
        """
        with self.open() as db:
            if why := why_only_read(self.path):
                raise WorkspaceError(f"{self.path} can only be read: {why}.")
            with transaction(db):
                yield db
            refuse_other_file(self.path)
            bell.ring_if_due(db, self.path)

    def why_only_read(self) -> str:
        """Why nothing can be written into it, "" where it can; also "" where there is no file yet."""
        return why_only_read(self.path) if self.path.exists() else ""

    def _connect(self) -> Database:
        first = served(self.path) is None
        if first:
            ensure_file(self.path, self._create)
        refuse_other_file(self.path)
        read_only = bool(why_only_read(self.path))
        connection = connect_read_only(self.path) if read_only else connect(self.path, _PATIENCE)
        try:
            db = Database(connection, execute_plugins=False)
            refuse_foreign(db, self.path)
            self._bring_up_to_date(db, read_only)
            refuse_other_workspace(db, self.path)
        except OSError as error:  # the file went away in this very moment
            connection.close()
            raise WorkspaceError(f"{self.path} cannot be opened as a workspace: {error.strerror}.") from error
        except BaseException:
            connection.close()
            raise
        if first and not read_only:
            close_to_others(self.path)
            make_private_folder(self.index_folder)
        return db

    def _bring_up_to_date(self, db: Database, read_only: bool) -> None:
        # user_version is asked at each opening: the file may be from before this process, or in another's hands too
        current = db.execute("PRAGMA user_version").fetchone()[0] == COUNT
        if read_only:
            if not current:
                why = why_only_read(self.path)
                raise WorkspaceError(f"{self.path} is of an older version and cannot be brought up to date: {why}.")
            return
        _use_wal(db.conn, self.path)
        if not current:
            # From its start a writer: SQLite waits only for the first lock of a transaction, and any reader of a file
            # that is just being made may hold the write lock for a moment, to recover the index of its log.
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
    return held(beside(path, ".lock"), lambda: time.sleep(0.01))
