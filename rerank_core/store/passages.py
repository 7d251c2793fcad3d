"""What models made of passages, as bytes in files beside the workspace that are read by mapping them into memory."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from rerank_core.errors import SettingsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VARIABLE = "RERANK_LENS_KEPT_MIB"
"""Names another bound than MOST_BYTES, in MiB."""
MOST_BYTES = 4 * 2**30
"""Of all data files together, whatever the model: some 40,000 passages of 140 tokens x 384 in float16."""
FILE_BYTES = 256 * 2**20
"""A data file that has reached this is not added to; the oldest file goes as a whole."""
_FILES = 8  # with a small bound, one file is an eighth of it: what goes as a whole is never nearly everything
_ALIGNED = 64  # a record can then be read as an array of any type, in place
_INDEX = "index.db"
_TABLES = (
    "CREATE TABLE model (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE file (id INTEGER PRIMARY KEY, name TEXT NOT NULL, bytes INTEGER NOT NULL)",
    """CREATE TABLE passage (model INTEGER NOT NULL, text_hash TEXT NOT NULL, file INTEGER NOT NULL,
       start INTEGER NOT NULL, length INTEGER NOT NULL, PRIMARY KEY (model, text_hash)) WITHOUT ROWID""",
    "CREATE INDEX passage_by_file ON passage (file)",
)


class StoredPassages:
    """(model, text hash) -> bytes, kept in a folder that can be deleted at any time.

    Data files are only appended to, and an index in SQLite says what lies where: bytes count once their row is
    committed, after they were flushed to the disk. What a crash left behind the last committed byte is written over.
    SQLite's write lock lets one process append at a time. When all files together would pass `most_bytes`, the oldest
    file is dropped, so what was written first goes first, used or not. None: the bound of the environment, and files of
    a size that goes with it; SettingsError where that names none.
    """

    def __init__(self, folder: Path, most_bytes: int | None = None, file_bytes: int | None = None) -> None:
        self._folder, self._most_bytes = folder, named_bound() if most_bytes is None else most_bytes
        self._file_bytes = min(FILE_BYTES, self._most_bytes // _FILES) if file_bytes is None else file_bytes
        self._maps: dict[str, NDArray[np.uint8]] = {}

    def get_many(self, model: str, hashes: Sequence[str]) -> dict[str, NDArray[np.uint8]]:
        """Text hash -> its bytes, a view of the mapped file, for those that are kept and can be read."""
        rows: list[tuple[str, str, int, int, int]] = []
        with self._safely(), self._open() as db:
            sql = """SELECT text_hash, file.name, file.bytes, start, length FROM passage
                     JOIN file ON file.id = passage.file WHERE model = (SELECT id FROM model WHERE name = ?)
                     AND text_hash IN (SELECT value FROM json_each(?))"""
            rows += db.execute(sql, [model, json.dumps(list(hashes))])
        found = {}
        for text, name, size, start, length in rows:
            data = self._mapped(name, size, start + length)
            if data is not None:
                found[text] = data[start : start + length]
        return found

    def put_many(self, model: str, items: Mapping[str, bytes]) -> bool:
        """Keep text hash -> bytes (at least one each); False: nothing was kept, as the disk or the bound is too small.

        What was kept under the same name and hash is replaced.
        """
        size = sum(_padded(len(data)) for data in items.values())
        if size > self._most_bytes:
            return False
        with self._safely(), self._writing() as db:
            db.execute("INSERT OR IGNORE INTO model (name) VALUES (?)", [model])
            owner = db.execute("SELECT id FROM model WHERE name = ?", [model]).fetchone()[0]
            file, name, end = self._room(db, size)
            rows = []
            # not "append": what lies behind `end` was never committed
            with (self._folder / name).open("r+b") as out:
                for text, data in items.items():
                    out.seek(end)
                    out.write(data)
                    rows.append((owner, text, file, end, len(data)))
                    end += _padded(len(data))
                out.truncate(end)
                out.flush()
                os.fsync(out.fileno())
            db.executemany("INSERT OR REPLACE INTO passage VALUES (?, ?, ?, ?, ?)", rows)
            db.execute("UPDATE file SET bytes = ? WHERE id = ?", [end, file])
            return True
        return False

    def _room(self, db: sqlite3.Connection, size: int) -> tuple[int, str, int]:
        """The data file to write to: id, name, and where its committed bytes end."""
        files = db.execute("SELECT id, name, bytes FROM file ORDER BY id").fetchall()
        whole = [one for one in files if self._size(one[1]) >= one[2]]
        while whole and size + sum(held for _, _, held in whole) > self._most_bytes:
            whole.pop(0)
        for gone, name, _ in files:
            if gone not in [file for file, _, _ in whole]:
                db.execute("DELETE FROM passage WHERE file = ?", [gone])
                db.execute("DELETE FROM file WHERE id = ?", [gone])
                (self._folder / name).unlink(missing_ok=True)
        if whole and whole[-1][2] < self._file_bytes:
            file, name, end = whole[-1]
            return file, name, end
        named = {name for _, name, _ in whole}
        for left_over in self._folder.glob("*.bin"):
            if left_over.name not in named:
                left_over.unlink(missing_ok=True)
        # a name is never used twice, so a process that still maps a dropped file cannot take another's bytes for it
        name = f"{uuid4().hex}.bin"
        (self._folder / name).touch()
        return int(db.execute("INSERT INTO file (name, bytes) VALUES (?, 0)", [name]).lastrowid or 0), name, 0

    def _size(self, name: str) -> int:
        path = self._folder / name
        return path.stat().st_size if path.is_file() else -1

    def _mapped(self, name: str, size: int, needed: int) -> NDArray[np.uint8] | None:
        """The first `size` bytes of a data file, or of an earlier size that holds `needed`; None: it is not there."""
        import numpy as np

        known = self._maps.get(name)
        if known is not None and len(known) >= needed:
            return known
        if self._size(name) < size:
            return None
        # the map of a dropped file would hold its place on the disk
        self._maps = {kept: data for kept, data in self._maps.items() if self._size(kept) >= 0}
        try:
            # "c": torch wants arrays that may be written to; what is written stays in this process
            self._maps[name] = np.memmap(self._folder / name, np.uint8, "c", shape=(size,)).view(np.ndarray)
        except (OSError, ValueError):
            return None
        return self._maps[name]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._folder.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self._folder / _INDEX, timeout=30, isolation_level=None)
        try:
            # no WAL: processes that switch a new file to it at once are told "locked" without a wait
            if not _has_tables(db):
                db.execute("BEGIN IMMEDIATE")
                for table in () if _has_tables(db) else _TABLES:
                    db.execute(table)
                db.execute("COMMIT")
            yield db
        finally:
            db.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            # closing without a commit takes everything back
            yield db
            db.execute("COMMIT")

    @contextmanager
    def _safely(self) -> Iterator[None]:
        """Everything here can be made again: a full disk or a broken index costs time and must not stop a ranking."""
        try:
            yield
        except OSError:
            return
        except sqlite3.DatabaseError as error:
            # its subclasses speak of locks and full disks; itself it says that the file is no database, or broken
            if type(error) is sqlite3.DatabaseError:
                for file in self._folder.glob(f"{_INDEX}*"):
                    file.unlink(missing_ok=True)


def named_bound() -> int:
    """How many bytes may be kept: MOST_BYTES, or what the environment says. Raises SettingsError."""
    named = os.environ.get(VARIABLE, "").strip()
    if not named:
        return MOST_BYTES
    if not (named.isascii() and named.isdecimal() and 0 < len(named) < 10 and int(named) > 0):
        raise SettingsError(f"{VARIABLE} is a whole number of MiB, 1 or more, not {named[:40]!r}.")
    return int(named) * 2**20


def _has_tables(db: sqlite3.Connection) -> bool:
    return bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = 'passage_by_file'").fetchone())


def _padded(length: int) -> int:
    return -(-length // _ALIGNED) * _ALIGNED
