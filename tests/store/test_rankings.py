"""Rankings and caches come back as they went in; failures are kept apart and can be tried again."""

from __future__ import annotations

import numpy as np

from rerank_core.store import rankings
from rerank_core.store.scores import StoredScores
from rerank_core.store.vectors import StoredVectors
from rerank_core.types import Ranking, ScoredDoc

CANDIDATES = Ranking(
    "q1", "first-stage", (ScoredDoc("d2", 1.5, 1, {"BM25": 1}), ScoredDoc("007", 0.5, 2, {"Dense": 3})), 0.25
)
RERANKED = Ranking(
    "q1",
    "s1",
    (ScoredDoc("007", -3.25, 1, tokens_cut=17, parts={"recency": 0.5}), ScoredDoc("d2", None, 2)),
    0.5,
    {"tokens": 12},
    ("a note",),
)


def test_candidates_and_rankings_come_back_whole(workspace, birds):
    with workspace.write() as db:
        rankings.put_candidates(db, "k", birds.id, "{}", CANDIDATES)
        rankings.put_ranking(db, "k", "s1", RERANKED)
    with workspace.open() as db:
        assert rankings.get_candidates(db, "k") == CANDIDATES
        assert rankings.get_rankings(db, ["k"], ["s1"])["k"]["s1"].ranking == RERANKED
        assert rankings.get_candidates(db, "other") is None


def test_what_is_kept_is_known_without_reading_it(workspace, birds):
    with workspace.write() as db:
        rankings.put_candidates(db, "k", birds.id, "{}", CANDIDATES)
        rankings.put_candidates(db, "torn", birds.id, "{}", CANDIDATES)
        db.execute("UPDATE candidates SET docs = '[[' WHERE key = 'torn'")
        rankings.put_ranking(db, "k", "s1", RERANKED)
        rankings.put_ranking(db, "k", "s2", None, "no room")
        assert rankings.sizes(db, ["k", "torn", "other"]) == {"k": 2}
        states = rankings.states(db, ["k", "other"], ["s1", "s2", "s3"])
    assert states == {"k": {"s1": "ready", "s2": "failed"}}


def test_a_failure_says_why_and_is_forgotten_on_request(workspace, birds):
    with workspace.write() as db:
        rankings.put_candidates(db, "k", birds.id, "{}", CANDIDATES)
        rankings.put_ranking(db, "k", "s1", None, "no room on the device")
        stored = rankings.get_rankings(db, ["k"], ["s1"])["k"]["s1"]
        assert (stored.ranking, stored.error) == (None, "no room on the device")
        rankings.forget_failures(db, "s1")
        assert rankings.get_rankings(db, ["k"], ["s1"]) == {}


def test_the_key_follows_passages_settings_and_query():
    keys = {
        rankings.candidates_key(*parts)
        for parts in [("f", "s", "q"), ("g", "s", "q"), ("f", "t", "q"), ("f", "s", "r")]
    }
    assert len(keys) == 4
    assert rankings.candidates_key("f", "s", "q") in keys


def test_scores_are_found_by_model_query_and_text(workspace):
    scores = StoredScores(workspace)
    scores.put_many("m", "q", {"t1": (0.1, 0), "t2": (-8.25, 12)})
    assert scores.get_many("m", "q", ["t1", "t2", "t3"]) == {"t1": (0.1, 0), "t2": (-8.25, 12)}
    assert scores.get_many("other", "q", ["t1"]) == {}


def test_vectors_keep_half_precision(workspace):
    vector = np.array([0.1, -0.5, 0.25], dtype=np.float32)
    vectors = StoredVectors(workspace)
    vectors.put_many("m", {"t1": vector})
    np.testing.assert_allclose(vectors.get_many("m", ["t1", "t2"])["t1"], vector, rtol=2**-11)
    assert list(vectors.get_many("m", ["t1", "t2"])) == ["t1"]
