"""Cascade: who is read by which stage, and where those that are cut stay."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rerank_core.systems.composites.apply import apply
from rerank_core.systems.composites.spec import Cascade, Stage
from tests.systems.composites.scripted import DOCIDS, DOCS, QUERY, Members, candidates, tables, with_usage

A = {"a": -3.0, "b": 5.0, "c": 1.0, "d": 4.0, "e": 2.0}  # order: b d e c a
B = {"a": 9.0, "b": 0.0, "c": 9.0, "d": 1.0, "e": 7.0}  # among b d e: e d b
C = {"a": 0.0, "b": 0.0, "c": 0.0, "d": 8.0, "e": 3.0}


def test_survivors_are_reordered_and_the_others_stay_below_in_the_order_of_their_stage() -> None:
    members = Members({"A": A, "B": B})
    ranking = apply(Cascade((Stage("A", 3), Stage("B"))), QUERY, candidates(), DOCS, members)
    assert ranking.docids == ("e", "d", "b", "c", "a")
    assert [doc.rank for doc in ranking.docs] == [1, 2, 3, 4, 5]
    assert members.asked == [("A", DOCIDS), ("B", ("b", "d", "e"))]


def test_three_stages_leave_the_latest_cut_first() -> None:
    spec = Cascade((Stage("A", 3), Stage("B", 2), Stage("C")))
    ranking = apply(spec, QUERY, candidates(), DOCS, Members({"A": A, "B": B, "C": C}))
    # C orders e d as d e; B cut b; A cut c and a
    assert ranking.docids == ("d", "e", "b", "c", "a")
    assert [doc.parts["stage"] for doc in ranking.docs] == [3, 3, 2, 1, 1]
    assert ranking.notes == (
        "stage 1: A read 5 passages and kept 3",
        "stage 2: B read 3 passages and kept 2",
        "stage 3: C read 2 passages and placed them",
    )


def test_parts_have_rank_and_score_of_every_stage_that_read_the_passage() -> None:
    ranking = apply(Cascade((Stage("A", 3), Stage("B"))), QUERY, candidates(), DOCS, Members({"A": A, "B": B}))
    parts = {doc.docid: dict(doc.parts) for doc in ranking.docs}
    assert parts["e"] == {"stage": 2, "rank after A": 3, "score by A": 2.0, "rank after B": 1, "score by B": 7.0}
    assert parts["a"] == {"stage": 1, "rank after A": 5, "score by A": -3.0}


def test_the_score_is_that_of_the_last_stage_and_missing_where_it_did_not_read() -> None:
    ranking = apply(Cascade((Stage("A", 3), Stage("B"))), QUERY, candidates(), DOCS, Members({"A": A, "B": B}))
    assert [doc.score for doc in ranking.docs] == [7.0, 1.0, 0.0, None, None]


def test_an_indifferent_last_stage_keeps_the_order_of_the_stage_before() -> None:
    members = Members({"A": A, "B": dict.fromkeys(DOCIDS, 0.0)})
    assert apply(Cascade((Stage("A", 2), Stage("B"))), QUERY, candidates(), DOCS, members).docids == tuple("bdeca")


def test_a_stage_that_keeps_more_than_there_are_cuts_nothing() -> None:
    members = Members({"A": A, "B": B})
    ranking = apply(Cascade((Stage("A", 50), Stage("B"))), QUERY, candidates(), DOCS, members)
    # a and c are equal to B: they keep the order that A gave them, c before a
    assert ranking.docids == ("c", "a", "e", "d", "b")
    assert all(doc.parts["stage"] == 2 for doc in ranking.docs)


def test_the_first_stage_can_be_a_stage_and_keeps_its_own_order() -> None:
    members = Members({"B": B})
    ranking = apply(Cascade((Stage("first-stage", 2), Stage("B"))), QUERY, candidates(), DOCS, members)
    assert ranking.docids == ("a", "b", "c", "d", "e")
    assert members.asked[-1] == ("B", ("a", "b"))


def test_the_first_stage_costs_no_time_and_is_cut_to_the_passages_asked_for() -> None:
    members = Members({})
    assert candidates().seconds == 0.5
    ranking = members("first-stage", candidates("eca"))
    assert [(doc.docid, doc.score, doc.rank) for doc in ranking.docs] == [("a", 9.0, 1), ("c", 7.0, 2), ("e", 5.0, 3)]
    assert ranking.seconds == 0.0


def test_a_listwise_stage_needs_no_scores() -> None:
    members = Members({"A": A, "L": list("ecbad")})
    ranking = apply(Cascade((Stage("A", 3), Stage("L"))), QUERY, candidates(), DOCS, members)
    assert ranking.docids == ("e", "b", "d", "c", "a")
    assert all(doc.score is None for doc in ranking.docs)


def test_costs_of_the_stages_are_added_up_and_their_notes_are_kept() -> None:
    members = with_usage(Members({"A": A, "B": B}), usage={"tokens": 10.0}, seconds=2.0, notes=("hello",))
    ranking = apply(Cascade((Stage("A", 3), Stage("B"))), QUERY, candidates(), DOCS, members)
    assert ranking.usage == {"tokens": 10.0 + 10.0}
    assert ranking.seconds is not None
    assert ranking.seconds >= 2.0 + 2.0
    assert ranking.notes[-2:] == ("A: hello", "B: hello")


def test_the_time_is_not_known_where_a_stage_does_not_know_its_own() -> None:
    members = with_usage(Members({"A": A, "B": B}), seconds=None)
    assert apply(Cascade((Stage("A", 3), Stage("B"))), QUERY, candidates(), DOCS, members).seconds is None


@given(tables(), st.integers(1, 6))
def test_one_stage_over_a_first_stage_that_keeps_all_is_that_system(table: dict[str, float], keep: int) -> None:
    members = Members({"A": table})
    alone = members("A", candidates())
    single = apply(Cascade((Stage("A"),)), QUERY, candidates(), DOCS, members)
    assert [(doc.docid, doc.score) for doc in single.docs] == [(doc.docid, doc.score) for doc in alone.docs]
    twice = apply(Cascade((Stage("first-stage", keep), Stage("A"))), QUERY, candidates(), DOCS, members)
    assert sorted(twice.docids) == sorted(DOCIDS)
    assert set(twice.docids[:keep]) == set(DOCIDS[:keep])
    assert twice.docids[keep:] == DOCIDS[keep:]


@given(tables(), tables(), tables(), st.integers(2, 4))
def test_whatever_the_scores_every_candidate_has_one_place(a, b, c, keep) -> None:
    spec = Cascade((Stage("A", keep), Stage("B", keep - 1), Stage("C")))
    ranking = apply(spec, QUERY, candidates(), DOCS, Members({"A": a, "B": b, "C": c}))
    assert sorted(ranking.docids) == sorted(DOCIDS)
    assert [doc.parts["stage"] for doc in ranking.docs] == [3] * (keep - 1) + [2] + [1] * (5 - keep)
