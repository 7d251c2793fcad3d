import random

import pytest

from rerank_core.errors import BadInputError
from rerank_core.evaluation.live import LiveMeasures
from rerank_core.evaluation.measures import evaluate, mean
from rerank_core.evaluation.names import parse_measure

RR, P2 = parse_measure("RR"), parse_measure("P@2")
RANKINGS = {
    "A": {"q1": ["a", "b"], "q2": ["a", "b"]},
    "B": {"q1": ["b", "a"], "q2": ["b", "a"]},
}


def live(rankings=RANKINGS, qrels=None, baseline="A", level=1):
    return LiveMeasures(rankings, qrels or {}, [RR, P2], baseline, level)


def test_nothing_graded_yet_has_no_values():
    found = live().query("q1")
    assert not found.graded
    assert found.values == found.deltas == {"A": None, "B": None}
    assert (found.means.n, found.means.values, found.means.deltas) == (
        0,
        {"A": None, "B": None},
        {"A": None, "B": None},
    )


def test_a_grade_moves_its_query_and_the_means():
    board = live()
    board.update("q1", {"b": 1})
    first = board.query("q1")
    assert first.values == {"A": {RR: 1 / 2, P2: 1 / 2}, "B": {RR: 1, P2: 1 / 2}}
    assert first.deltas == {"A": {RR: 0, P2: 0}, "B": {RR: 1 / 2, P2: 0}}
    assert (first.means.n, first.means.values["B"][RR]) == (1, 1)
    board.update("q2", {"a": 1})
    second = board.query("q2")
    assert (second.means.n, second.means.values["A"][RR], second.means.values["B"][RR]) == (2, 3 / 4, 3 / 4)
    assert second.means.deltas["B"][RR] == 0


def test_taking_the_last_grade_back_takes_the_query_out():
    board = live(qrels={"q1": {"b": 1}, "q2": {"a": 1}})
    board.update("q2", {})
    found = board.query("q2")
    assert not found.graded
    assert (found.means.n, found.means.values["B"][RR]) == (1, 1)


def test_a_failed_system_is_none_and_holds_back_nobody():
    for failed in (None, {}, {"q1": None}):
        found = live({**RANKINGS, "broken": failed}, {"q1": {"b": 1}}).query("q1")
        assert found.values["broken"] is found.means.values["broken"] is found.deltas["broken"] is None
        assert (found.means.n, found.means.values["B"][RR]) == (1, 1)


def test_a_query_that_one_system_did_not_rank_is_in_nobodys_mean():
    board = live({**RANKINGS, "C": {"q1": ["a", "b"]}}, {"q1": {"b": 1}, "q2": {"a": 1}})
    found = board.query("q2")
    assert found.values["C"] is None
    assert found.values["A"] == {RR: 1, P2: 1 / 2}
    assert (found.means.n, found.means.values["A"][RR]) == (1, 1 / 2)


def test_an_empty_ranking_is_an_answer_that_counts_0():
    found = live({"A": {"q1": ["a"]}, "B": {"q1": []}}, {"q1": {"a": 1}}).query("q1")
    assert found.values["B"] == {RR: 0, P2: 0}
    assert found.means.n == 1


def test_rankings_can_come_later_and_fail_later():
    board = live({"A": {"q1": ["a", "b"]}}, {"q1": {"b": 1}})
    board.set_rankings("q1", {"B": ["b", "a"]})
    found = board.query("q1")
    assert found.deltas["B"] == {RR: 1 / 2, P2: 0}
    board.set_rankings("q1", {"B": None})
    found = board.query("q1")
    assert (found.values["B"], found.means.n) == (None, 1)


def test_a_failed_baseline_leaves_values_and_no_deltas():
    found = live({"A": None, "B": RANKINGS["B"]}, {"q1": {"b": 1}}).query("q1")
    assert found.values["B"] == {RR: 1, P2: 1 / 2}
    assert found.deltas == found.means.deltas == {"A": None, "B": None}
    assert live(qrels={"q1": {"b": 1}}, baseline=None).query("q1").deltas == {"A": None, "B": None}


def test_the_level_is_the_evaluations():
    assert live(qrels={"q1": {"b": 1}}, level=2).query("q1").values["B"] == {RR: 0, P2: 0}


def test_bad_input_changes_nothing():
    board = live(qrels={"q1": {"b": 1}})
    before = board.query("q1")
    with pytest.raises(BadInputError):
        board.update("q1", {"a": 0.5})
    with pytest.raises(BadInputError):
        board.set_rankings("q1", {"A": ["b"], "B": ["a", "a"]})
    assert board.query("q1") == before


def test_an_answer_stays_as_it_was_when_the_grading_goes_on():
    board = live()
    board.update("q1", {"b": 1})
    first = board.query("q1")
    board.update("q1", {"a": 1})
    assert first.values["B"][RR] == 1


def test_any_order_of_updates_ends_where_a_fresh_evaluation_does():
    rng = random.Random(7)
    docs = [f"d{i}" for i in range(12)]
    rankings = {s: {f"q{i}": rng.sample(docs, 8) for i in range(6)} for s in "ABC"}
    rankings["C"].pop("q5")
    board, qrels = LiveMeasures(rankings, {}, [RR, P2], "A"), {}
    for _ in range(60):
        qid = f"q{rng.randrange(6)}"
        qrels[qid] = {docid: rng.choice([-1, 0, 1, 2]) for docid in rng.sample(docs, rng.randrange(4))}
        board.update(qid, qrels[qid])
        shared = {qid: grades for qid, grades in qrels.items() if grades and qid != "q5"}
        for system in "ABC":
            values = evaluate(rankings[system], shared, [RR, P2])
            means = board.means()
            assert means.n == len(shared)
            if shared:
                assert means.values[system][RR] == pytest.approx(mean(values[RR]).value, abs=1e-12)
                assert board.per_query(system, P2) == pytest.approx(values[P2], abs=1e-12)
