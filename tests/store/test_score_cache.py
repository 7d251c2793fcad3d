"""The score cache: what it gives back, what it forgets, and what became of a workspace's older scores."""

from __future__ import annotations

import pytest
from sqlite_utils import Database

from rerank_core.store.migrations import migrations
from rerank_core.store.scores import StoredScores
from rerank_core.store.workspace import Workspace

DAY = 86400.0


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def used(workspace: Workspace) -> dict[str, float]:
    with workspace.open() as db:
        return dict(db.execute("SELECT text_hash, used FROM score").fetchall())


def test_a_changed_text_query_or_model_misses(workspace):
    scores = StoredScores(workspace)
    scores.put_many("m exact", "q", {"t": (1.5, 3)})
    assert scores.get_many("m exact", "q", ["t", "changed"]) == {"t": (1.5, 3)}
    assert scores.get_many("m exact", "other query", ["t"]) == {}
    assert scores.get_many("m preview", "q", ["t"]) == {}


def test_a_score_that_is_put_again_replaces_the_old_one(workspace):
    scores = StoredScores(workspace)
    scores.put_many("m", "q", {"t": (1.0, 0)})
    scores.put_many("m", "q", {"t": (2.0, 1)})
    assert scores.get_many("m", "q", ["t"]) == {"t": (2.0, 1)}


def test_more_texts_than_one_statement_takes_are_found(workspace):
    scores = StoredScores(workspace)
    kept = {f"t{number}": (float(number), 0) for number in range(1201)}
    scores.put_many("m", "q", kept)
    assert scores.get_many("m", "q", list(kept)) == kept


def test_the_scores_of_a_service_grow_old_and_those_of_a_model_do_not(workspace, clock):
    service = StoredScores(workspace, max_age=30 * DAY, clock=clock)
    model = StoredScores(workspace, clock=clock)
    service.put_many("s", "q", {"t": (0.5, 0)})
    model.put_many("m", "q", {"t": (0.25, 0)})
    clock.now += 29 * DAY
    # looking at it does not make it younger
    assert service.get_many("s", "q", ["t"]) == {"t": (0.5, 0)}
    clock.now += 2 * DAY
    assert service.get_many("s", "q", ["t"]) == {}
    assert model.get_many("m", "q", ["t"]) == {"t": (0.25, 0)}
    service.put_many("s", "q", {"t": (0.75, 0)})
    assert service.get_many("s", "q", ["t"]) == {"t": (0.75, 0)}


def test_what_was_longest_unused_goes_first(workspace, clock):
    scores = StoredScores(workspace, most_rows=4, clock=clock)
    scores.put_many("m", "q", dict.fromkeys("abcd", (1.0, 0)))
    for work in (
        lambda: scores.put_many("m", "q", {"e": (1.0, 0)}),
        lambda: scores.get_many("m", "q", ["a"]),
        # the rows are counted once as many as may stay were written: eight, so that four must go
        lambda: scores.put_many("m", "q", dict.fromkeys("fgh", (1.0, 0))),
    ):
        clock.now += DAY
        work()
    assert set(used(workspace)) == {"a", "f", "g", "h"}


def test_looking_again_within_an_hour_writes_nothing(workspace, clock):
    scores = StoredScores(workspace, clock=clock)
    scores.put_many("m", "q", {"t": (1.0, 0)})
    first = used(workspace)["t"]
    clock.now += 1800
    scores.get_many("m", "q", ["t"])
    assert used(workspace)["t"] == first
    clock.now += 3600
    scores.get_many("m", "q", ["t"])
    assert used(workspace)["t"] == clock.now


def test_scores_of_a_workspace_from_before_are_kept(tmp_path):
    path = tmp_path / "old.db"
    db = Database(path)
    migrations.apply(db, stop_before="011_score_cache")
    rows = [("m one", "q", "t1", 0.5, 2), ("m two", "q", "t1", -1.0, 0), ("m one", "q", "t2", 1.5, 0)]
    db.conn.executemany("INSERT INTO score VALUES (?, ?, ?, ?, ?)", rows)
    db.conn.commit()
    db.close()
    scores = StoredScores(Workspace(path))
    assert scores.get_many("m one", "q", ["t1", "t2"]) == {"t1": (0.5, 2), "t2": (1.5, 0)}
    assert scores.get_many("m two", "q", ["t1", "t2"]) == {"t1": (-1.0, 0)}
