"""Live figures: they follow grades of anybody, rankings that come later, and leave failed systems out."""

from __future__ import annotations

import math

import pytest

from rerank_core.evaluation.names import parse_measure
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.scoreboard import Scoreboard
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments, query_states, rankings
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.rankings import candidates_key
from rerank_core.systems.systems import get_system
from rerank_core.types import Query, Ranking, ScoredDoc, text_hash
from tests.conftest import BIRD_QUERIES

SETTINGS = RetrievalSettings(retrievers=("bm25",))
NDCG, RR = parse_measure("nDCG@10"), parse_measure("RR@10")
ORDERS = {"first-stage": ["d1", "d2", "d3"], "minilm-cosine": ["d3", "d2", "d1"]}


def ranking(system, docids, qid="q1"):
    return Ranking(qid, system, tuple(ScoredDoc(docid, -float(rank), rank) for rank, docid in enumerate(docids, 1)))


@pytest.fixture
def systems(workspace):
    return [get_system(workspace, system) for system in ORDERS]


@pytest.fixture
def rank(workspace, birds, systems):
    """Write rankings of a query: system id -> docids, None for a failure."""

    def write(query, orders):
        key = candidates_key(birds.fingerprint, SETTINGS.key(), query.text)
        keys = {system.id: system.key for system in systems}
        with workspace.write() as db:
            rankings.put_candidates(db, key, birds.id, "{}", ranking("first-stage", ["d1", "d2", "d3"], query.qid))
            for system, docids in orders.items():
                made = None if docids is None else ranking(keys[system], docids, query.qid)
                rankings.put_ranking(db, key, keys[system], made, "why")

    return write


@pytest.fixture
def grade(workspace, birds):
    seq = iter(range(1, 100))

    def write(qid, docid, value):
        with workspace.write() as db:
            event = GradeEvent("c", next(seq), "grade", qid, docid, value)
            judgments.record(db, birds.id, "ann", [event], birds.scale)

    return write


@pytest.fixture
def board(workspace, birds, systems):
    return Scoreboard(Experiment(workspace, birds, SETTINGS, tuple(systems)), [NDCG, RR])


def test_a_grade_moves_the_query_its_delta_the_oracle_and_the_means(board, rank, grade):
    rank(BIRD_QUERIES[0], ORDERS)
    assert board.read_rankings() == 1
    assert board.standing("q1").query.values["first-stage"] is None
    grade("q1", "d3", 3)
    now = board.standing("q1")
    third = 1 / math.log2(1 + 3)
    assert now.query.values["first-stage"][NDCG] == pytest.approx(third)
    assert now.query.deltas["minilm-cosine"][NDCG] == pytest.approx(1 - third)
    assert now.oracle[NDCG] == 1.0
    assert (now.labels, now.total, now.query.means.n) == ({"d3": 3}, 1, 1)
    assert now.query.means.values["minilm-cosine"][RR] == 1.0


def test_the_oracle_cannot_bring_back_what_is_no_candidate(board, rank, grade):
    rank(BIRD_QUERIES[0], ORDERS)
    board.read_rankings()
    grade("q1", "007", 3)
    grade("q1", "d1", 1)
    assert board.standing("q1").oracle[NDCG] == pytest.approx(1 / (3 + 1 / math.log2(3)))


def test_rankings_that_come_later_are_taken_in(board, rank, grade):
    rank(BIRD_QUERIES[0], {"first-stage": ORDERS["first-stage"]})
    grade("q1", "d3", 3)
    assert board.read_rankings() == 0
    assert board.standing("q1").query.values["minilm-cosine"] is None
    rank(BIRD_QUERIES[0], ORDERS)
    assert board.read_rankings() == 1
    assert board.standing("q1").query.values["minilm-cosine"][RR] == 1.0


def test_a_system_that_failed_everywhere_is_in_no_mean_and_holds_back_nobody(board, rank, grade):
    rank(BIRD_QUERIES[0], {"first-stage": ORDERS["first-stage"], "minilm-cosine": None})
    board.read_rankings()
    grade("q1", "d1", 2)
    means = board.standing("q1").query.means
    assert means.n == 1
    assert means.values["first-stage"][NDCG] == 1.0
    assert means.values["minilm-cosine"] is None


def test_a_failed_query_that_is_ranked_on_a_second_try_counts(board, rank, grade):
    rank(BIRD_QUERIES[0], {"first-stage": ORDERS["first-stage"], "minilm-cosine": None})
    grade("q1", "d1", 2)
    board.read_rankings()
    rank(BIRD_QUERIES[0], ORDERS)
    board.read_rankings()
    assert board.standing("q1").query.values["minilm-cosine"] is not None


def test_a_later_standing_has_a_larger_number_and_another_query_another_name(board, rank, grade):
    rank(BIRD_QUERIES[0], ORDERS)
    board.read_rankings()
    before, other = board.standing("q1").as_of, board.standing("q2").as_of
    assert board.standing("q1").as_of == before
    grade("q2", "d1", 1)
    name, number = board.standing("q1").as_of
    assert name == before[0] != other[0]
    assert number > before[1]


def test_a_label_whose_text_changed_is_stale(workspace, birds, board, rank, grade):
    rank(BIRD_QUERIES[0], ORDERS)
    board.read_rankings()
    grade("q1", "d1", 2)
    assert board.standing("q1").stale == ()
    with workspace.open() as db:
        db.execute(
            "UPDATE doc SET text = 'another text', text_hash = ? WHERE docid = 'd1'", [text_hash("another text")]
        )
    assert board.standing("q1").stale == ("d1",)


def test_a_grade_of_another_query_moves_the_means_too(board, rank, grade):
    rank(BIRD_QUERIES[0], ORDERS)
    rank(BIRD_QUERIES[1], ORDERS)
    board.read_rankings()
    grade("q1", "d1", 3)
    grade("q2", "d3", 3)
    means = board.standing("q1").query.means
    assert means.n == 2
    assert means.values["first-stage"][RR] == pytest.approx((1 + 1 / 3) / 2)


def test_a_removed_query_leaves_the_means_and_comes_back_with_its_grades(workspace, birds, board, rank, grade):
    rank(BIRD_QUERIES[0], ORDERS)
    rank(BIRD_QUERIES[1], ORDERS)
    grade("q1", "d1", 3)
    grade("q2", "d3", 3)
    assert board.read_rankings() == 2
    assert board.standing("q2").query.means.n == 2
    with workspace.write() as db:
        query_states.remove_queries(db, birds.id, ["q1"])
    assert board.read_rankings() == 1
    now = board.standing("q2")
    assert (now.query.means.n, now.total) == (1, 1)
    assert now.query.means.values["first-stage"][RR] == pytest.approx(1 / 3)
    with workspace.write() as db:
        datasets.add_queries(db, birds.id, BIRD_QUERIES)
    assert board.read_rankings() == 2
    assert board.standing("q2").query.means.n == 2


def test_a_query_that_comes_back_with_another_text_has_its_own_rankings_and_no_grades(
    workspace, birds, board, rank, grade
):
    rank(BIRD_QUERIES[0], ORDERS)
    grade("q1", "d1", 3)
    board.read_rankings()
    board.standing("q1")
    other = Query("q1", "another text")
    with workspace.write() as db:
        query_states.remove_queries(db, birds.id, ["q1"])
        datasets.add_queries(db, birds.id, [other])
    board.read_rankings()
    assert board.standing("q1").labels == {}
    grade("q1", "d1", 3)
    assert board.standing("q1").query.values["first-stage"] is None
    rank(other, {"first-stage": ["d3", "d1", "d2"], "minilm-cosine": ["d1", "d2", "d3"]})
    board.read_rankings()
    assert board.standing("q1").query.values["first-stage"][RR] == 0.5


def test_a_scratch_query_has_figures_from_its_first_grade_on(workspace, birds, board, rank, grade):
    scratch = Query("typed-1", "do otters swim")
    with workspace.write() as db:
        query_states.try_query(db, birds.id, scratch)
    rank(scratch, ORDERS)
    assert board.read_rankings() == 0
    assert board.standing("typed-1").query.values["first-stage"] is None
    grade("typed-1", "d3", 3)
    assert board.standing("typed-1").query.values["first-stage"][RR] == pytest.approx(1 / 3)
    assert board.standing("typed-1").query.means.n == 1
