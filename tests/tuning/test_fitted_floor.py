"""A floor fitted to a precision: the lowest that reaches it, looked at on queries that did not choose it."""

from __future__ import annotations

import pytest

from rerank_core.evaluation.names import parse_measure
from rerank_core.tuning.afterwards.floor import fit_floor
from rerank_core.tuning.held_out import halves, held_out
from rerank_core.tuning.orders import top_places
from rerank_core.tuning.query_lists import QueryLists, query_lists
from rerank_core.tuning.search_space import FirstStage, Reranking, Setting
from rerank_core.tuning.values import values
from rerank_core.types import ScoredDoc

NDCG = parse_measure("nDCG@10")
FIRST = FirstStage(("bm25",), depth=10)
LISTS = {"bm25": (ScoredDoc("n", 2.0, 1), ScoredDoc("r", 1.0, 2))}


def world(queries: int = 160, hidden: bool = False) -> list[QueryLists]:
    """On every second query "r" is relevant and scores 0.8; "n" is not relevant and scores 0.2.

    On the others only "n" is graded, and "r" scores 0.1. `hidden`: there "r" is relevant all the same.
    """
    made = []
    for number in range(queries):
        good = number % 2 == 0
        grades = {"r": 1, "n": 0} if good or hidden else {"n": 0}
        scores = {"strong": {"r": 0.8 if good else 0.1, "n": 0.2}}
        made.append(query_lists(f"q{number:03d}", LISTS, scores, grades))
    return made


def fitted(queries, target, setting=None):
    settings = [setting or Setting(FIRST, Reranking())]
    choose = halves(len(queries), 20, seed=1)
    found = held_out(values(queries, settings, NDCG, 1, "strong"), choose)
    return fit_floor(queries, settings, found, choose, NDCG, target, 1, "strong")


def test_the_lowest_floor_that_is_precise_enough():
    found = fitted(world(), 0.9)
    # above 0.2 only relevant passages are left; half of the queries have one
    assert (found.floor, found.promised, found.precision) == (0.8, 1.0, 1.0)
    assert found.answered == pytest.approx(0.5, abs=0.01)
    # relevant passages stood first anyway: the measure loses nothing
    assert found.value == pytest.approx(found.plain)


def test_a_lower_target_lets_more_through():
    # 80 relevant and 160 not: a third of what is graded is relevant; below 0.2 nothing is graded
    found = fitted(world(), 0.3)
    assert found.floor == 0.2
    assert found.answered == 1.0
    assert found.precision == pytest.approx(1 / 3, abs=0.02)


def test_what_is_left_out_counts_as_not_found():
    found = fitted(world(hidden=True), 0.9)
    # without a floor "r" stands second on every second query, which is 1 / log2(3) = 0.631 there; with it, nothing
    assert found.plain == pytest.approx((1 + 0.6309) / 2, abs=0.01)
    assert found.value == pytest.approx(0.5, abs=0.01)


def test_a_precision_that_is_never_reached_has_no_floor():
    queries = [query_lists(f"q{n:03d}", LISTS, {"strong": {"r": 0.8, "n": 0.9}}, {"n": 0, "r": 1}) for n in range(40)]
    assert fitted(queries, 0.9) is None


def test_what_a_cascade_cut_or_a_model_did_not_score_reaches_no_floor():
    lists = query_lists("q", LISTS, {"cheap": {"n": 1.0, "r": 0.0}, "strong": {"n": 0.5, "r": 0.9}}, {"r": 1})
    cascade = Setting(FIRST, Reranking(keep=1, floor=0.4))
    assert [lists.docids[place] for place in top_places(lists, [cascade], 5, "strong", "cheap")[0] if place >= 0] == [
        "n"
    ]
    unscored = query_lists("q", LISTS, {"strong": {"n": 0.5}}, {"r": 1})
    row = top_places(unscored, [Setting(FIRST, Reranking(floor=0.4))], 5, "strong")[0]
    assert [unscored.docids[place] for place in row if place >= 0] == ["n"]
