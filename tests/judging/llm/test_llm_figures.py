"""What an LLM's grades are worth: the confusion table, kappa, the verdicts with and without, and the spot check."""

from __future__ import annotations

import pytest

from rerank_core.evaluation.names import parse_measure
from rerank_core.judging.llm.figures import (
    FILLED,
    LLM,
    PEOPLE,
    confusion,
    grades_of,
    kappa_sentence,
    sides,
    spot_check_pairs,
    spot_sample,
)
from rerank_core.store import datasets, llm_grades
from rerank_core.store.llm_grades import LlmGrade, LlmJudge, query_hash
from tests.conftest import BIRD_QUERIES, BIRDS
from tests.support.whole_sets import whole_set

PAIRS = [(f"q{query}", f"d{doc}") for query in range(50) for doc in range(40)]
JUDGE = LlmJudge("m at here", "umbrela-1-abc")


def test_the_confusion_table_counts_the_pairs_that_both_graded():
    graded = {("q1", "a"): 3, ("q1", "b"): 2, ("q2", "a"): 0, ("q2", "b"): 3, ("q3", "a"): 1}
    people = {"q1": {"a": 3, "b": 1, "c": 2}, "q2": {"a": 0, "b": 3}}
    found = confusion(graded, people)
    assert found.counts == {(3, 3): 2, (2, 1): 1, (0, 0): 1}
    assert (found.n, found.same) == (4, 3)
    alone = confusion(graded, people, only={("q1", "b"), ("q3", "a")})
    assert (alone.counts, alone.n, alone.same) == ({(2, 1): 1}, 1, 0)


def test_kappa_is_what_a_person_gets_by_hand():
    # 10 pairs: both say 1 on 4, both say 0 on 3, the LLM alone says 1 on 2, people alone on 1
    both = [(1, 1)] * 4 + [(0, 0)] * 3 + [(1, 0)] * 2 + [(0, 1)]
    graded = {("q", f"d{place}"): llm for place, (llm, _) in enumerate(both)}
    people = {"q": {f"d{place}": human for place, (_, human) in enumerate(both)}}
    found = confusion(graded, people)
    by_chance = (6 / 10) * (5 / 10) + (4 / 10) * (5 / 10)
    kappa = (7 / 10 - by_chance) / (1 - by_chance)
    assert found.plain.value == pytest.approx(kappa)
    # with two grades every disagreement is equally far
    assert found.weighted.value == pytest.approx(kappa)
    assert found.plain.low < kappa < found.plain.high
    plain, weighted = kappa_sentence(found)
    assert plain.startswith(f"Cohen's kappa: {kappa:.2f} (95 % CI ")
    assert "fair agreement beyond chance" in plain  # 0.4 is not above 0.4
    assert "quadratic weights" in weighted


def test_without_pairs_or_with_one_kind_of_grade_kappa_is_not_told():
    nothing = confusion({}, {"q": {"a": 1}})
    assert (nothing.n, nothing.plain, nothing.weighted) == (0, None, None)
    same = confusion({("q", "a"): 1, ("q", "b"): 1}, {"q": {"a": 1, "b": 1}})
    assert (same.n, same.same) == (2, 2)
    assert "not known" in kappa_sentence(same)[0]


def test_the_verdict_by_people_by_both_and_by_the_llm_alone():
    orders = {"base": {"q1": "ab", "q2": "ab"}, "other": {"q1": "ba", "q2": "ba"}}
    whole = whole_set({"q1": {"a": 1, "b": 0}}, orders)
    graded = {("q1", "a"): 0, ("q1", "b"): 1, ("q2", "a"): 0, ("q2", "b"): 1}
    found = {side.by: side for side in sides(whole, graded, parse_measure("RR@10"), "base")}
    assert list(found) == [PEOPLE, FILLED, LLM]
    assert [(side.grades, side.queries) for side in found.values()] == [(2, 1), (4, 2), (4, 2)]
    deltas = {by: side.comparisons["other"].deltas for by, side in found.items()}
    # a person's grade stands where there is one; the LLM fills only q2
    assert deltas == {
        PEOPLE: {"q1": 1 / 2 - 1},
        FILLED: {"q1": 1 / 2 - 1, "q2": 1 - 1 / 2},
        LLM: {"q1": 1 - 1 / 2, "q2": 1 - 1 / 2},
    }
    assert found[PEOPLE].comparisons["other"].system == "System other"
    assert found[PEOPLE].comparisons["other"].baseline == "System base"


def test_the_llm_fills_passages_of_a_query_that_people_graded_in_part():
    whole = whole_set({"q1": {"a": 1}}, {"base": {"q1": "abc"}, "other": {"q1": "bac"}})
    found = {side.by: side for side in sides(whole, {("q1", "b"): 1}, parse_measure("P@2"), "base")}
    assert found[PEOPLE].comparisons["other"].deltas == {"q1": 0}
    assert [side.grades for side in found.values()] == [1, 2, 1]


def test_a_failed_system_and_no_grades_give_no_verdict():
    whole = whole_set({}, {"base": {"q1": "ab"}, "other": {"q1": None}})
    found = {side.by: side for side in sides(whole, {("q1", "a"): 1}, parse_measure("RR@10"), "base")}
    assert found[LLM].comparisons == {"other": None}
    assert found[PEOPLE].queries == 0


def test_a_grade_of_a_query_that_is_gone_counts_nowhere():
    whole = whole_set({}, {"base": {"q1": "ab"}, "other": {"q1": "ba"}})
    found = {side.by: side for side in sides(whole, {("gone", "a"): 1}, parse_measure("RR@10"), "base")}
    assert [(side.grades, side.queries) for side in found.values()] == [(0, 0)] * 3


def test_the_spot_check_is_a_fifth_by_chance():
    sample = spot_sample(PAIRS)
    assert len(sample) == len(set(sample))
    # 2,000 draws at 0.2: 400, give or take four standard deviations of sqrt(2000 * 0.2 * 0.8) = 17.9
    assert abs(len(sample) - 400) < 4 * 17.9
    assert spot_sample(PAIRS) == sample
    assert set(spot_sample(PAIRS, seed=1)) != set(sample)
    a_query = [sum(qid == f"q{number}" for qid, _ in sample) for number in range(50)]
    assert max(a_query) < 40 / 2


def test_a_pair_of_the_spot_check_stays_in_it_when_more_are_graded():
    assert set(spot_sample(PAIRS[:500])) <= set(spot_sample(PAIRS))


def test_the_order_of_the_spot_check_is_no_order_of_queries():
    sample = spot_sample(PAIRS)
    assert sample != sorted(sample)
    assert len({qid for qid, _ in sample[:20]}) > 10


def test_even_of_one_pair_there_is_a_spot_check():
    assert [len(spot_sample([pair])) for pair in PAIRS[:30]] == [1] * 30
    assert spot_sample([]) == []


def test_the_spot_check_of_a_dataset_leaves_out_failures_and_can_be_of_one_judge(workspace, birds):
    other = LlmJudge("n at here", JUDGE.prompt)
    texts = {doc.docid: doc.text_hash for doc in BIRDS}

    def answer(docid, grade, problem=""):
        return LlmGrade("q1", docid, query_hash(BIRD_QUERIES[0]), texts[docid], grade, problem)

    with workspace.write() as db:
        llm_grades.put(db, birds.id, JUDGE, [answer("d1", 3), answer("d2", None, "gave no number")])
        llm_grades.put(db, birds.id, other, [answer("d3", 0), answer("d1", 1)])
        dataset = datasets.get_dataset(db, "birds")
    assert set(spot_check_pairs(workspace, dataset, share=1.0)) == {("q1", "d1"), ("q1", "d3")}
    assert spot_check_pairs(workspace, dataset, JUDGE, share=1.0) == [("q1", "d1")]
    with workspace.open() as db:
        own = llm_grades.by_judge(db, birds.id, BIRD_QUERIES)[JUDGE]
    assert grades_of(own) == {("q1", "d1"): 3}
