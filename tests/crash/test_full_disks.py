"""A disk that is full, at each kind of work and with ever more room: one clear sentence, nothing half, then it goes on.

Two kinds, see `tests.support.small_disk`: a real one, and the kernel's bound on the size of a file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from rerank_core.corpus.ingest import import_dataset
from rerank_core.store.migrations import COUNT
from rerank_core.store.workspace import Workspace
from tests.support import earlier_schemas
from tests.support.small_disk import attempts, kinds
from tests.support.works import RUN_DEPTH

DOCS, QUERIES = 2_400, 20
CLIENT = "00000000-0000-4000-8000-000000000001"
SENTENCE = re.compile(r"[^\n]*\bdisk is full\b[^\n]*Make room, and try again( \([^\n]*\))?\.")

pytestmark = pytest.mark.parametrize("kind", kinds())


def passages(path: Path, word: str, numbers: range) -> Path:
    rows = (f'{{"_id": "d{n}", "text": "{word} number {n} dives near the coast"}}\n' for n in numbers)
    path.write_text("".join(rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "made"
    folder.mkdir()
    passages(folder / "corpus.jsonl", "tern", range(DOCS))
    queries = (f'{{"_id": "q{n}", "text": "which tern has number {n}"}}\n' for n in range(QUERIES))
    (folder / "queries.jsonl").write_text("".join(queries), encoding="utf-8")
    space = Workspace(folder.with_name("workspace.db"))
    import_dataset(space, "made", folder)
    with space.open() as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return space.path


def until_it_goes_well(kind: str, space: Path, work: str, *arguments: str) -> tuple[list[Any], dict[str, Any]]:
    """The states after each failure, and the one at the end. A failure is one sentence, and leaves the file whole."""
    *failed, last = attempts(kind, space, work, *arguments)
    assert failed, "there was room enough from the beginning: it proves nothing"
    for one in [*failed, last]:
        assert one["wrong"] == "", one["room"]
        assert one["state"]["check"] == "ok", one["room"]
    for one in failed:
        assert SENTENCE.fullmatch(one["said"]), (one["room"], one["said"])
    assert last["said"] == ""
    return [one["state"] for one in failed], last["state"]


def test_grades_are_kept_one_by_one_and_go_on(made: Path, kind: str) -> None:
    states, end = until_it_goes_well(kind, made, "grade", CLIENT, "200")
    kept = [state["rows"]["judgment"] for state in states]
    assert kept == sorted(kept)
    assert kept[-1] > 0, "no failure came between two grades"
    assert end["rows"]["judgment"] == 200


@pytest.mark.parametrize("retriever", ["bm25", "dense"])
def test_an_index_build_leaves_nothing_beside(made: Path, kind: str, retriever: str) -> None:
    states, end = until_it_goes_well(kind, made, "index", retriever)
    assert [state["beside"] for state in states] == [[]] * len(states)
    assert any(name.endswith("about.json") for name in end["beside"])


def test_a_whole_set_run_blames_no_system_and_goes_on(made: Path, kind: str) -> None:
    states, end = until_it_goes_well(kind, made, "run")
    assert [state["failed"] for state in [*states, end]] == [0] * (len(states) + 1)
    assert 0 < states[-1]["rows"]["score"] < QUERIES * RUN_DEPTH, "no failure came between two scores"
    assert (end["rows"]["score"], end["rows"]["ranking"]) == (QUERIES * RUN_DEPTH, 2 * QUERIES)


def test_an_import_is_whole_or_not_there(made: Path, tmp_path: Path, kind: str) -> None:
    states, end = until_it_goes_well(
        kind, made, "import", str(passages(tmp_path / "more.jsonl", "gull", range(12_000))), "more"
    )
    for state in states:
        assert (state["rows"]["dataset"], state["rows"]["doc"], state["beside"]) == (1, DOCS, [])
    assert (end["rows"]["dataset"], end["rows"]["doc"]) == (2, DOCS + 12_000)


def test_an_update_is_whole_or_has_not_been(made: Path, tmp_path: Path, kind: str) -> None:
    source = passages(tmp_path / "update.jsonl", "gull", range(DOCS - 400, 8_000))
    states, end = until_it_goes_well(kind, made, "update", str(source))
    assert [state["rows"]["doc"] for state in states] == [DOCS] * len(states)
    assert end["rows"]["doc"] == 8_000


def test_a_removal_is_whole_or_has_not_been(made: Path, tmp_path: Path, kind: str) -> None:
    source = tmp_path / "ids.txt"
    source.write_text("".join(f"d{n}\n" for n in range(2_000)), encoding="utf-8")
    states, end = until_it_goes_well(kind, made, "remove", str(source))
    assert [state["rows"]["doc"] for state in states] == [DOCS] * len(states)
    assert end["rows"]["doc"] == DOCS - 2_000


@pytest.mark.parametrize("name", ["003_rankings", "010_votes"])
def test_a_migration_is_whole_or_has_not_been(tmp_path: Path, kind: str, name: str) -> None:
    old = earlier_schemas.make(tmp_path / "old.db", name)
    before, rows = earlier_schemas.version(old), len(earlier_schemas.contents(old)["judgment"])
    states, end = until_it_goes_well(kind, old, "open")
    assert [state["version"] for state in states] == [before] * len(states)
    assert end["version"] == COUNT
    assert [state["rows"]["judgment"] for state in [*states, end]] == [rows] * (len(states) + 1)
