"""Workspaces as each earlier version of their tables had them, with 500 grades, 500 scores and rows in every table.

What a released version made is frozen as SQL in `earlier_schemas.sql`, so that no later change of the code changes it.
A schema that no release has is made by the migrations themselves.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from rerank_core.store.migrations import migrations

FROZEN = Path(__file__).with_suffix(".sql")
Contents = dict[str, set[tuple[Any, ...]]]


def frozen() -> dict[str, str]:
    """Migration -> the SQL of its release, rows included, in order; the first is the table that lists the others."""
    parts = re.split(r"^-- (\d{3}\S*).*\n", FROZEN.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def names() -> list[str]:
    """The migrations that there are, in order: the last one makes the tables of today."""
    return [one.name for one in migrations.pending(Database(memory=True))]


def make(path: Path, name: str) -> Path:
    """Write a workspace file whose newest migration is `name`."""
    first, *released = frozen().items()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(first[1])
        for number, (part, sql) in enumerate(released, 1):
            connection.executescript(sql)
            row = (number, "rerank_lens", part, "2025-01-01 00:00:00+00:00")
            connection.execute("INSERT INTO _sqlite_migrations VALUES (?, ?, ?, ?)", row)
            if part == name:
                break
        else:
            rest = names()
            migrations.apply(Database(connection), stop_before=rest[rest.index(name) + 1 :][:1] or None)
        connection.execute(f"PRAGMA user_version = {names().index(name) + 1}")
        connection.commit()
    return path


def version(path: Path) -> int:
    """The number of the file's schema, read without any code of ours."""
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def contents(path: Path) -> Contents:
    """Table -> its rows, each as (column, value) pairs in order of the columns' names; read without any code of ours.

    Scores are told with the name of their model, whichever table holds it.
    """
    found: Contents = {}
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            source = f'"{table}"'
            if table == "score" and "scored_by" in tables:
                source = "(SELECT s.*, b.model FROM score s JOIN scored_by b ON b.id = s.scored_by)"
            cursor = connection.execute(f"SELECT * FROM {source}")
            columns = [column[0] for column in cursor.description]
            found[table] = {tuple(sorted(zip(columns, row, strict=True))) for row in cursor}
    return found


def lost(before: Contents, after: Contents) -> dict[str, int]:
    """Table -> how many of its rows are gone afterwards, by the columns that both have; only tables that lost some."""
    gone = {}
    for table, rows in before.items():
        now = after.get(table, set())
        both = {name for row in now for name, _ in row} & {name for row in rows for name, _ in row}
        kept = {tuple(pair for pair in row if pair[0] in both) for row in now}
        missing = sum(tuple(pair for pair in row if pair[0] in both) not in kept for row in rows)
        if missing or (rows and not both):
            gone[table] = missing
    return gone
