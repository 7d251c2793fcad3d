"""What is read by a list of ids takes lists of any length, and looks each id up in an index."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest

from rerank_core.store import datasets, evidence, rankings
from rerank_core.store.passages import StoredPassages
from rerank_core.store.scores import StoredScores
from rerank_core.store.vectors import StoredVectors
from rerank_core.store.workspace import Workspace
from rerank_core.types import Ranking, ScoredDoc

# SQLite takes at most 32,766 parameters in one statement
MANY = [f"none-{n}" for n in range(20_000)] + ["d1"] + [f"none-{n}" for n in range(20_000, 40_000)]
DOCS = (ScoredDoc("d1", 1.0, 1),)

READS = {
    "passages": lambda db, birds, ids: datasets.get_docs(db, birds.id, ids),
    "hashes": lambda db, birds, ids: datasets.text_hashes(db, birds.id, ids),
    "candidates": lambda db, birds, ids: rankings.get_docids(db, ids),
    "rankings": lambda db, birds, ids: rankings.get_rankings(db, ids, ["s1"]),
    "orders": lambda db, birds, ids: rankings.get_orders(db, ids, ["s1"]),
    "evidence": lambda db, birds, ids: evidence.get_evidence(db, ids, "s1"),
    "facts of rankings": lambda db, birds, ids: evidence.rankings_made(db, ids, "s1"),
    "seconds of searches": lambda db, birds, ids: evidence.search_seconds(db, ids),
}
CACHES = {
    "scores": lambda workspace, ids: StoredScores(workspace).get_many("m", "q", ids),
    "vectors": lambda workspace, ids: StoredVectors(workspace).get_many("m", ids),
}


@pytest.fixture
def kept(workspace, birds):
    """Something of each kind under the id d1."""
    with workspace.write() as db:
        rankings.put_candidates(db, "d1", birds.id, "{}", Ranking("q1", "first-stage", DOCS, 0.25))
        rankings.put_ranking(db, "d1", "s1", Ranking("q1", "s1", DOCS, 0.5))
        evidence.put_evidence(db, "d1", "s1", evidence.Evidence(True))
    # an hour ago and more, so that reading it also writes down that it was used
    StoredScores(workspace, clock=lambda: 0.0).put_many("m", "q", {"d1": (0.5, 0)})
    StoredVectors(workspace).put_many("m", {"d1": np.ones(3, np.float32)})
    return workspace


@pytest.fixture
def statements(monkeypatch):
    """The statements that ran, with their values written in."""
    ran: list[str] = []
    for name in ("open", "write"):
        monkeypatch.setattr(Workspace, name, _traced(getattr(Workspace, name), ran))
    return ran


def _traced(method, ran):
    @contextmanager
    def traced(self):
        with method(self) as db:
            db.conn.set_trace_callback(ran.append)
            yield db
            db.conn.set_trace_callback(None)

    return traced


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_more_ids_than_sqlite_takes_parameters_are_read(kept, birds, read):
    with kept.open() as db:
        assert list(read(db, birds, MANY)) == ["d1"]


@pytest.mark.parametrize("read", CACHES.values(), ids=CACHES)
def test_a_cache_is_asked_for_more_than_sqlite_takes_parameters(kept, read):
    assert list(read(kept, MANY)) == ["d1"]


def test_stored_passages_are_asked_for_more_than_sqlite_takes_parameters(tmp_path):
    store = StoredPassages(tmp_path)
    store.put_many("m", {"d1": b"bytes"})
    assert list(store.get_many("m", MANY)) == ["d1"]


@pytest.mark.parametrize("name", [*READS, *CACHES])
def test_each_id_is_looked_up_in_an_index(kept, birds, statements, name):
    if name in READS:
        with kept.open() as db:
            READS[name](db, birds, ["d1", "d2"])
    else:
        CACHES[name](kept, ["d1", "d2"])
    listed = [sql for sql in statements if "json_each" in sql]
    assert listed
    with kept.open() as db:
        steps = [row[3] for sql in listed for row in db.conn.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert any(step.startswith("SEARCH") for step in steps)
    # the list of ids itself is all that is read from end to end
    assert [step for step in steps if step.startswith("SCAN") and not step.startswith("SCAN json_each")] == []
