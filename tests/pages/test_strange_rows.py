"""Rows that no version of ours has written, in every column of every table: what reads them answers all the same.

RERANK_LENS_STRANGE_ROWS says which of the some 800 columns and values are tried: every 12th without it, or every Nth;
one in 20 of all, or one in 60 of those, also with every page and every verb that reads.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import state
from pages.ui.traffic.parts import PARTS
from rerank_core.__main__ import main
from rerank_core.errors import RerankLensError
from rerank_core.store import datasets, invitations
from rerank_core.store.workspace import VARIABLE, Workspace
from rerank_core.systems.systems import all_systems
from tests.pages.conftest import ROOT, VIEW, app_at
from tests.support.full_elsewhere import SHOP
from tests.support.full_workspace import SYSTEMS, TOKEN, make_full
from tests.support.readings import Reading, read_dataset, read_workspace
from tests.support.readings_elsewhere import read_connected, read_traffic

EVERY = int(os.environ.get("RERANK_LENS_STRANGE_ROWS", "12"))
PAGES_EVERY = 20 if EVERY == 1 else 60
WORD, HUGE, BYTES = "an unknown word", 10**17, b"\xff\x00"
JSON = (
    *(
        "scale",
        "report",
        "metadata",
        "tags",
        "settings",
        "docs",
        "params",
        "result",
        "usage",
        "notes",
        "facts",
        "queries",
    ),
    *("versions", "plan", "opens", "found", "source", "template", "pairs", "scores"),
)
"""The columns that hold JSON."""
EMPTY = {"vector", "score", "scored_by"}
"""The tables that models alone fill."""
OF_TRAFFIC = ("traffic", "click_grade", "canary", "dense_model", "doc", "query")
OURS = ("_sqlite_migrations", "sqlite_sequence", "identity")  # another id is another workspace, and refused as one
_EVALUATE = ("Queries", "Slices", "Scores", "Candidate depth", "Cost", "Report and export")
PAGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Start", {}),
    ("Compare", {"q": "q1"}),
    ("Evaluate", {}),
    *(("Evaluate", {"part": part}) for part in _EVALUATE),
    ("Data", {}),
    ("Rerankers", {}),
    ("Inspect", {"q": "q1"}),
    ("Label", {"judge": "me"}),
    ("Label", {"judge": "me", "setup": "true"}),
    ("Agreement", {"judge": "cy"}),
    ("LLM_grades", {}),
    ("LLM_grades", {"llm": "What its grades are worth"}),
    ("Tune", {}),
    ("Present", {}),
    ("Present", {"present": "Blind vote"}),
    ("Compare", {"ds": SHOP, "q": "q1", "ret": None}),
    *(("Traffic", {"chosen": {state.TRAFFIC_PART: part, state.TRAFFIC_LAST: "40"}}) for part in PARTS),
)
"""Page -> what of it is asked for, by its link, or `chosen` on it."""
_SEARCH = ("--retrievers", "bm25", "--depth", "20")
_TWO = ("--systems", "first-stage,minilm-cosine")


def reading_verbs(folder: Path) -> list[tuple[str, ...]]:
    """Every verb that reads the workspace."""
    view = ("--dataset", "birds", *_SEARCH)
    exports = ("qrels", "labels", "run", "beir", "deploy")
    files = {"labels": "labels.csv"}
    return [
        ("datasets",),
        ("systems",),
        ("runs",),
        ("evaluate", *view, *_TWO),
        ("compare", *view, *_TWO),
        ("gate", *view, "--baseline", "first-stage", "--system", "minilm-cosine", "--max-drop", "0.1"),
        ("report", str(folder / "report.html"), *view, *_TWO),
        *(
            ("export", what, str(folder / files.get(what, what)), *view, "--system", "minilm-cosine")
            for what in exports
        ),
        ("watch", "--last", "40"),
        ("refresh", SHOP, "--dry-run"),
        ("backup", str(folder / "copy.db"), "--force"),
    ]


@dataclass(frozen=True)
class Case:
    table: str
    column: str
    value: Any

    def __str__(self) -> str:
        return f"{self.table}.{self.column} = {self.value!r}"


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with rows in every table."""
    return make_full(tmp_path_factory.mktemp("full")).path


def cases(path: Path) -> list[Case]:
    """Every column of every table, each with values that it is not made for, and with none."""
    found = []
    with closing(sqlite3.connect(path)) as db:
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for _, column, kind, *_ in db.execute(f"PRAGMA table_info({table})").fetchall():
                if table not in OURS:
                    found += [Case(table, column, value) for value in _wrong(column, kind)]
    return found


def _wrong(column: str, kind: str) -> tuple[Any, ...]:
    if column in JSON:
        return None, "{", "[1]", '{"a": {"b": []}}', "7", BYTES
    if kind in ("INTEGER", "REAL"):
        return None, WORD, HUGE, -1, 1e300, BYTES
    return None, WORD, "", BYTES


def spoil(path: Path, case: Case) -> bool:
    """Whether the table takes the value, in its first row."""
    with closing(sqlite3.connect(path)) as db:
        key = ", ".join(row[1] for row in db.execute(f"PRAGMA table_info({case.table})") if row[5]) or "rowid"
        try:
            with db:
                first = f"SELECT {key} FROM {case.table} LIMIT 1"
                changed = db.execute(
                    f"UPDATE {case.table} SET {case.column} = ? WHERE ({key}) IN ({first})", [case.value]
                )
        except (sqlite3.IntegrityError, sqlite3.OperationalError):
            return False
        return changed.rowcount > 0


def faults_of_pages(workspace: Workspace) -> list[str]:
    """What broke on a page, each page by its own."""
    known = {system.id: system.label for system in all_systems(workspace)}
    found = []
    for name, more in PAGES:
        chosen = {"sys": [known[one] for one in SYSTEMS if one in known], **more}
        touched = chosen.pop("chosen", {})
        app = app_at(name, **{key: value for key, value in (VIEW | chosen).items() if value is not None})
        for key, value in touched.items():
            app.session_state[key] = value
        app = app.run() if touched else app
        found += [f"{name} {more}: {error.message} {error.stack_trace}" for error in app.exception]
    with workspace.open() as db:
        links = invitations.listed(db)
    for link in links:
        app = AppTest.from_file(str(ROOT / "pages" / "0_Invited.py"), default_timeout=60)
        app.session_state[state.INVITATION] = {"code": f"{link.id}.{TOKEN}"}
        found += [f"Invited, {link.kind}: {error.message} {error.stack_trace}" for error in app.run().exception]
    return found


def read_everything(workspace: Workspace, table: str = "") -> list[Iterator[Reading]]:
    """What pages and verbs read, for all that does not need a page to be read; one part that fails ends no other.

    `table`: where the strange row is, "" for anywhere; traffic reads its own tables and a few of the dataset's.
    """
    parts = [read_workspace(workspace)]
    parts += [read_traffic(workspace)] if not table or table.startswith(OF_TRAFFIC) else []
    with workspace.open() as db:
        rows = datasets.list_datasets(db)
    return parts + [(read_connected if row.name == SHOP else read_dataset)(workspace, row) for row in rows]


def faults_of_reading(workspace: Workspace, table: str = "") -> list[str]:
    """What broke when it was read; an error of ours is an answer, but not where everything is asked for."""
    return [fault for part in read_everything(workspace, table) for fault in _faults_of(part)]


def _faults_of(asked: Iterator[Reading]) -> list[str]:
    found: list[str] = []
    name = "what there is"
    while True:
        try:
            name, read = next(asked)
            read()
        except StopIteration:
            return found
        except RerankLensError:
            continue
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{place.filename.removeprefix(str(ROOT))}:{place.lineno}"
            found.append(f"{name}: {type(error).__name__}: {error} ({where})")


def faults_of_verbs(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> list[str]:
    found = []
    for words in reading_verbs(workspace.path.parent):
        code = main(["--workspace", str(workspace.path), *words])
        said = capsys.readouterr()
        if (
            "Traceback" in said.err
            or code not in (0, 1, 2, 3, 4)
            or (code in (2, 4) and not said.err.startswith("error: "))
        ):
            found.append(f"{words[0]} {words[1:2]}: {code} {said.err[-600:]}")
    return found


@pytest.fixture
def spoilt(full: Path, workspace: Workspace) -> Callable[[Case], Workspace | None]:
    """Makes a copy of the full workspace with one bad value; None: its table does not take it."""

    def make(case: Case) -> Workspace | None:
        # a path of its own: pages keep what they read of a file
        path = workspace.path.with_name(f"{case.table}-{case.column}-{abs(hash(repr(case.value)))}.db")
        shutil.copyfile(full, path)
        return Workspace(path) if spoil(path, case) else None

    return make


def test_every_table_has_a_row(full: Path) -> None:
    with closing(sqlite3.connect(full)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        empty = [table for table in tables if not db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()]
    assert set(empty) <= {*OURS, *EMPTY}, "give it a row in tests/support/full_workspace.py"


def test_what_is_whole_is_read_without_an_error(full: Path, workspace: Workspace) -> None:
    shutil.copyfile(full, workspace.path)
    names = [name for part in read_everything(workspace) for name, read in part if read() is not None]
    assert len(names) > 50


def test_whatever_a_row_holds_is_read_or_refused_in_words(
    full: Path, spoilt: Callable[[Case], Workspace | None]
) -> None:
    faults, tried = [], 0
    for case in cases(full)[::EVERY]:
        if (space := spoilt(case)) is not None:
            tried += 1
            faults += [f"{case}: {fault}" for fault in faults_of_reading(space, case.table)]
            for left in space.path.parent.glob(f"{space.path.name}*"):
                left.unlink() if left.is_file() else shutil.rmtree(left)
    print(f"{tried} cases")
    assert not faults, "\n".join(faults)
    assert tried > 250 / EVERY


def test_pages_and_verbs_answer_too(
    full: Path,
    spoilt: Callable[[Case], Workspace | None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    faults = []
    for case in [*BROKEN, *cases(full)[5 :: EVERY * PAGES_EVERY]]:
        if (space := spoilt(case)) is not None:
            monkeypatch.setenv(VARIABLE, str(space.path))
            faults += [f"{case}: {fault}" for fault in (*faults_of_pages(space), *faults_of_verbs(space, capsys))]
    assert not faults, "\n".join(faults)


BROKEN = (Case("ranking", "docs", "{"), Case("run", "facts", "[1]"))
"""Each of these broke pages and verbs once."""
