"""A learned blend as a system: what it knows of a pair, and what it makes of it."""

from __future__ import annotations

from math import log, sqrt

import pytest

from rerank_core.errors import NotFoundError, SettingsError
from rerank_core.systems.composites.apply import apply
from rerank_core.systems.composites.members import describe, members, scale_of
from rerank_core.systems.learned.features import feature_names, pair_features
from rerank_core.systems.learned.spec import Learned
from rerank_core.types import Doc, Query
from tests.systems.composites.scripted import DOCS, QUERY, Members, candidates

THREE = candidates("abc")
A = {"a": -4.0, "b": 0.0, "c": 4.0}


def test_the_score_is_the_weighted_sum_of_what_is_known():
    spec = Learned(("first-stage", "A"), (("score:A", 2.0), ("rank:first-stage", 0.5)))
    ranking = apply(spec, QUERY, THREE, DOCS, Members({"A": A}))
    top = 4 / sqrt(32 / 3)
    scores = {doc.docid: doc.score for doc in ranking.docs}
    assert scores == pytest.approx({"c": 2 * top + 0.5 * 60 / 63, "b": 0.5 * 60 / 62, "a": -2 * top + 0.5 * 60 / 61})
    assert ranking.docids == ("c", "b", "a")
    assert sum(ranking.docs[0].parts.values()) == pytest.approx(ranking.docs[0].score)


def test_equal_sums_keep_candidate_order():
    spec = Learned(("A",), (("score:A", 0.0),))
    assert apply(spec, QUERY, THREE, DOCS, Members({"A": A})).docids == ("a", "b", "c")


def test_an_order_without_scores_is_read_by_its_ranks():
    spec = Learned(("A",), (("score:A", 5.0), ("rank:A", 1.0)))
    assert apply(spec, QUERY, THREE, DOCS, Members({"A": ["b", "c", "a"]})).docids == ("b", "c", "a")


def test_words_and_numbers_of_the_query_are_looked_for():
    query = Query("q", "pump 42 red")
    docs = {
        "a": Doc("a", "the pump 42 is blue", "Pump"),
        "b": Doc("b", "a red house on a long road by the sea"),
        "c": Doc("c", "nothing at all here"),
    }
    names = ("words", "rare words", "title words", "numbers", "length", "bm25")
    found = pair_features(names, query, THREE, docs, {})
    assert found["words"] == pytest.approx({"a": 2 / 3, "b": 1 / 3, "c": 0.0})
    # each of the three words is in one of three passages: as rare as the others
    assert found["rare words"] == pytest.approx(found["words"])
    assert found["title words"] == pytest.approx({"a": 1 / 3, "b": 0.0, "c": 0.0})
    assert found["numbers"] == {"a": 1.0, "b": 0.0, "c": 0.0}
    # six, ten and four words, a title counts
    logs = [log(7), log(11), log(5)]
    mean = sum(logs) / 3
    deviation = sqrt(sum((one - mean) ** 2 for one in logs) / 3)
    assert found["length"]["b"] == pytest.approx((log(11) - mean) / deviation)
    assert found["bm25"]["a"] > found["bm25"]["b"] > found["bm25"]["c"]


def test_all_that_is_known_is_named():
    names = feature_names(("first-stage", "A"))
    assert names[:4] == ("score:first-stage", "rank:first-stage", "score:A", "rank:A")
    assert "bm25" in names


def test_a_passage_that_is_not_there_is_named():
    with pytest.raises(NotFoundError, match="'b'"):
        pair_features(("words",), QUERY, THREE, {"a": DOCS["a"]}, {})


@pytest.mark.parametrize(
    ("systems", "weights", "said"),
    [
        ((), (("bm25", 1.0),), "at least one system"),
        (("A", "A"), (("bm25", 1.0),), "a system twice"),
        (("A",), (), "at least one weight"),
        (("A",), (("score:B", 1.0),), "no 'score:B'"),
        (("A",), (("magic", 1.0),), "no 'magic'"),
        (("A",), (("bm25", 1.0), ("bm25", 2.0)), "weighs something twice"),
        (("A",), (("bm25", float("nan")),), "must be a number"),
        (("A",), (("bm25", True),), "must be a number"),
    ],
)
def test_what_cannot_be_is_refused(systems, weights, said):
    with pytest.raises(SettingsError, match=said):
        Learned(systems, weights)


def test_its_members_are_asked_and_its_scores_hold_within_a_query_only():
    spec = Learned(("first-stage", "A"), (("bm25", 1),))
    assert members(spec) == ("first-stage", "A")
    assert scale_of(spec) is None
    assert describe(spec) == "learned from grades: 1 weight over first-stage, A"
