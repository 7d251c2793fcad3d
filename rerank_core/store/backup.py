"""A workspace's file as a copy, made while people grade, and such a copy put back in its place."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from rerank_core.errors import BadInputError, WorkspaceError
from rerank_core.store.connection import connect, connect_read_only
from rerank_core.store.file_lock import held
from rerank_core.store.file_place import beside, close_to_others, ensure_file
from rerank_core.store.foreign import refuse_foreign
from rerank_core.store.sqlite_words import in_words
from rerank_core.store.trained_folders import copy_trained
from rerank_core.store.workspace import Workspace

_LOGS = ("-wal", "-shm", "-journal")
_PATIENCE = 2.0


def back_up(workspace: Workspace, target: Path, overwrite: bool = False) -> None:
    """Write the workspace as it is at one moment into the file `target`, which is whole or not there.

    Models that were trained here and are in use go into the folder "trained" beside it, which is some 90 MB each.
    People may go on grading. The copy is checked before it gets its name, and is its owner's alone. Raises
    BadInputError where `target` is there already and not to be overwritten, or is the workspace itself; WorkspaceError
    where one of the two cannot be read or written.
    """
    if not workspace.path.exists():
        raise WorkspaceError(f"There is no workspace at {workspace.path}.")
    if target.exists() and workspace.path.samefile(target):
        raise BadInputError(target, None, "this is the workspace itself", "another file")
    if target.exists() and not overwrite:
        raise BadInputError(target, None, "the file is there already", "a new name, or --force")
    with workspace.open() as db, _new_beside(target) as made:
        _copy(db.conn, made)
        copy_trained(db, workspace.path, target)
        os.replace(made, target)


def restore(workspace: Workspace, source: Path) -> Path | None:
    """Put the backup `source` in the workspace's place; return where the replaced one lies now, None without one.

    `source` stays as it is. Raises WorkspaceError where it is damaged, of a newer version or no workspace, and where
    the workspace is open in an app, another program, or a worker; then nothing has changed.
    """
    path = workspace.path
    if path.exists() and source.exists() and path.samefile(source):
        raise BadInputError(source, None, "this is the workspace itself", "a backup of it")
    if not source.exists():
        raise BadInputError(source, None, "there is no such file", "a file that the verb backup wrote")
    ensure_file(source, create=False)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _new_beside(path) as made, _nobody_has_it_open(path):
        with in_words(source), closing(connect_read_only(source)) as backup:
            refuse_foreign(Database(backup, execute_plugins=False), source)
            _copy(backup, made)
            copy_trained(Database(backup, execute_plugins=False), source, path)
        kept = _set_aside(path) if path.exists() else None
        os.replace(made, path)
    close_to_others(path)
    return kept


@contextmanager
def _new_beside(target: Path) -> Iterator[Path]:
    """An empty file in the folder of `target`; what is left of it at the end goes."""
    made = target.with_name(f".{target.name}.{os.getpid()}.part")
    made.unlink(missing_ok=True)
    ensure_file(made, create=True)
    try:
        yield made
    finally:
        for ending in ("", *_LOGS):
            beside(made, ending).unlink(missing_ok=True)


def _copy(source: sqlite3.Connection, target: Path) -> None:
    """SQLite's own copy, in one step: all of one moment, and nobody who writes has to wait. It is then checked."""
    with in_words(target), closing(connect(target, _PATIENCE)) as copy:
        source.backup(copy)
        found = [text for (text,) in copy.execute("PRAGMA integrity_check(3)")]
        if found != ["ok"]:
            raise WorkspaceError(f"The copy is damaged, as what was copied is: {'; '.join(found)}.")
        if copy.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise WorkspaceError("The copy is not whole, as what was copied is not: rows of it hang on nothing.")
        copy.execute("PRAGMA journal_mode = DELETE")  # one file without a log, also for a disk that is only read
    with target.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def _nobody_has_it_open(path: Path) -> Iterator[None]:
    """Hold the worker's lock, and have SQLite say that no other connection to the file is open."""
    busy = f"{path} is open in the app or another program. Stop that first."

    def refuse() -> None:
        raise WorkspaceError(busy)

    with held(beside(path, ".worker.lock"), refuse), ExitStack() as stack:
        if path.exists():
            ensure_file(path, create=False)
            try:
                db = stack.enter_context(closing(connect(path, _PATIENCE)))
                # only the last connection can leave the log, and what is in it goes into the file
                db.execute("PRAGMA journal_mode = DELETE")
                db.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                if (error.sqlite_errorcode & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    raise WorkspaceError(busy) from error
            except sqlite3.DatabaseError:
                pass  # it is damaged: a good reason to restore
        yield


def _set_aside(path: Path) -> Path:
    """Give the file, and a log that a damaged one may have, a second name beside it; the log leaves its old place."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    kept, number = beside(path, f".replaced-{stamp}"), 1
    while kept.exists():
        number += 1
        kept = beside(path, f".replaced-{stamp}-{number}")
    try:
        os.link(path, kept)
    except OSError:  # a file system without second names
        os.replace(path, kept)
    for ending in _LOGS:
        # a log is read into whatever file takes the place of its own
        with suppress(FileNotFoundError):
            os.replace(beside(path, ending), beside(kept, ending))
    return kept
