"""SIGKILL inside the migration from each earlier schema: nothing of it, or all of it, and the next opening finishes it.

RERANK_LENS_KILLS: how many moments from each schema.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from rerank_core.store import datasets, judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.migrations import COUNT, migrations
from rerank_core.store.workspace import Workspace
from tests.support import earlier_schemas
from tests.support.deaths import Deaths, moments
from tests.support.earlier_schemas import contents, lost, version

EARLIER = earlier_schemas.names()[:-1]


@pytest.fixture(scope="module")
def deaths() -> Iterator[Deaths]:
    with Deaths() as process:
        yield process


def copy(path: Path, target: Path) -> Path:
    for ending in ("", "-wal"):
        if Path(f"{path}{ending}").exists():
            shutil.copyfile(f"{path}{ending}", f"{target}{ending}")
    return target


def tables(path: Path) -> dict[str, str]:
    """Name -> what made it, without the white space."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: " ".join(sql.split()) for name, sql in rows}


@pytest.mark.parametrize("name", list(earlier_schemas.frozen())[1:])
def test_a_released_migration_makes_what_it_made(tmp_path: Path, name: str) -> None:
    path = tmp_path / "now.db"
    following = earlier_schemas.names()[earlier_schemas.names().index(name) + 1 :]
    with closing(sqlite3.connect(path)) as connection:
        migrations.apply(Database(connection), stop_before=following[:1] or None)
    assert tables(path) == tables(earlier_schemas.make(tmp_path / "then.db", name))


@pytest.mark.parametrize("name", EARLIER)
def test_a_killed_migration_is_finished_by_the_next_opening(deaths: Deaths, tmp_path: Path, name: str) -> None:
    path = earlier_schemas.make(tmp_path / "older.db", name)
    before, number = contents(path), version(path)
    steps = deaths.steps_of("open", str(copy(path, tmp_path / "whole.db")))
    left = set()
    for step in moments(steps):
        killed = copy(path, tmp_path / f"killed{step}.db")
        deaths.kill("open", step, str(killed))
        left.add(version(killed))
        assert tables(killed) == tables(path if version(killed) == number else tmp_path / "whole.db")
        assert lost(before, contents(killed)) == {}
        space = Workspace(killed)
        with space.open() as db:
            assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            assert db.execute("PRAGMA foreign_key_check").fetchall() == []
            assert [one.name for one in migrations.applied(db)] == earlier_schemas.names()
        assert version(killed) == COUNT
        assert lost(before, contents(killed)) == {}
        assert tables(killed) == tables(tmp_path / "whole.db")
        grade_once_more(space)
    # else no kill would have come before its end; and none may leave anything between
    assert number in left
    assert left <= {number, COUNT}


def grade_once_more(space: Workspace) -> None:
    with space.write() as db:
        made = datasets.get_dataset(db, "made")
        before = len(judgments.history(db, made.id))
        event = GradeEvent("00000000-0000-4000-8000-000000000009", 1, "grade", "q0", "d7", 3)
        judgments.record(db, made.id, "ann", [event], made.scale)
        assert judgments.qrels(db, made.id)["q0"]["d7"] == 3
        assert len(judgments.history(db, made.id)) == before + 1
