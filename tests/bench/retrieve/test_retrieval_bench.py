"""`tests.bench retrieve`: one made-up collection for all, asked in turn, absent peers named. No time is asserted."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rerank_core.retrieval.bm25 import Bm25Retriever
from rerank_core.retrieval.dense import DenseRetriever
from rerank_core.store.vectors import StoredVectors
from rerank_core.store.workspace import Workspace
from tests.bench.__main__ import main
from tests.bench.retrieve import peers as retrieval_peers
from tests.bench.retrieve import timing as retrieval_bench
from tests.bench.retrieve.timing import CHANGED, SETTINGS, World, WrittenVectors, first_stage, steps

PASSAGES, DIMENSIONS, QUERIES = 10 * CHANGED, 24, 6
HERE = {"faiss", "bm25s", "sqlite3", "numpy"}
OURS = ["hybrid", "bm25", "dense"]
PEERS = ["bm25s alone", "SQLite FTS5", "faiss alone, the same index"]
SCANS = ["faiss alone, whole scan in half precision", "numpy, whole scan"]
ABSENT = {"tantivy": {"note": "tantivy is not installed"}, "usearch, HNSW": {"note": "usearch is not installed"}}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("world"), PASSAGES, DIMENSIONS)


@pytest.fixture(scope="module")
def measured(world):
    """Every step, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retrieval_peers, "find_spec", lambda name: name if name in HERE else None)
        return {name: retrieval_bench._timed(step) for name, step in steps(world, QUERIES).items()}


def test_the_world_is_the_same_each_time_and_changes_as_it_says(world):
    docs = {doc.docid: doc.content for doc in world.docs()}
    assert len(docs) == PASSAGES == len(world)
    assert docs == {doc.docid: doc.content for doc in World(world.folder, PASSAGES, DIMENSIONS).docs()}
    later = World(world.folder, PASSAGES, DIMENSIONS, changed=True)
    after = {doc.docid: doc.content for doc in later.docs()}
    assert (len(docs.keys() - after.keys()), len(after.keys() - docs.keys())) == (CHANGED, CHANGED)
    assert sum(docs[docid] != after[docid] for docid in docs.keys() & after.keys()) == CHANGED
    assert dict(later.hashes()) == {doc.docid: doc.text_hash for doc in later.docs()}
    some = [str(PASSAGES), "1500", "9000"]
    assert [(doc.docid, doc.content) for doc in later.pick(some)] == [(docid, after[docid]) for docid in some]


def test_everything_is_asked_and_who_is_absent_is_named(measured):
    asked = measured["ask beside others"]["systems"]
    assert list(asked) == [*OURS, *PEERS, *SCANS, *ABSENT]
    assert {name: asked[name] for name in ABSENT} == ABSENT
    for name in [*PEERS, *SCANS]:
        assert 0 < asked[name]["ratio_q1"] <= asked[name]["ratio"] <= asked[name]["ratio_q3"]
        assert 0 < asked[name]["q1_ms"] <= asked[name]["p50_ms"] <= asked[name]["p95_ms"]
    assert "ratio" not in asked["hybrid"]


def test_the_recall_is_against_the_whole_scan(measured):
    asked = measured["ask beside others"]["systems"]
    # so few vectors are all looked at; the half precision that they are kept in may swap the last ones
    assert asked["numpy, whole scan"]["recall"] == 1
    assert 0.97 <= asked["dense"]["recall"] <= 1
    assert 0.97 <= asked["faiss alone, whole scan in half precision"]["recall"] <= 1


def test_the_updated_index_answers_as_one_built_anew(world, measured):
    assert measured["update"]["changed"] == 4 * CHANGED  # a changed passage goes and comes
    later = World(world.folder, PASSAGES, DIMENSIONS, changed=True)
    queries = world.queries(QUERIES)
    store = StoredVectors(Workspace(world.folder / "ws.db"))
    rebuilt = {
        "bm25": Bm25Retriever.build(later, world.folder / "rebuilt-bm25", SETTINGS),
        "dense": DenseRetriever.build(later, world.folder / "rebuilt-dense", WrittenVectors(world, queries), store),
    }
    derived = first_stage(world, queries, "new-")
    for words, _ in queries:
        for name, anew in rebuilt.items():
            found = derived.retrieve("q", words, replace(SETTINGS, retrievers=(name,)))
            assert found.docids == anew.retrieve(words, SETTINGS.depth).docids


def test_the_verb_shows_every_step_and_system(measured, monkeypatch, capsys):
    monkeypatch.setattr(retrieval_bench, "measure", lambda world, queries, progress: measured)
    assert main(["retrieve", "--passages", str(PASSAGES)]) == 0
    shown = capsys.readouterr().out
    for name in [*measured, *OURS, *PEERS, *ABSENT]:
        assert name in shown
    assert "tantivy is not installed" in shown
    assert main(["retrieve", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == json.loads(json.dumps(measured))
