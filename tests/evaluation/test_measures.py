from math import log2, nan
from random import Random

import numpy as np
import pytest

from rerank_core.errors import BadInputError
from rerank_core.evaluation.measures import evaluate, evaluate_query, mean, missing_queries
from rerank_core.evaluation.names import parse_measure

# ranks:      1    2    3    4    5        "x", "y" unjudged; "d9" relevant, never returned
RANKING = ["x", "d2", "d0", "y", "d1"]
GRADES = {"d2": 2, "d0": 0, "d1": 1, "d9": 3}


def value(name, ranking=RANKING, grades=GRADES, level=1):
    """The value by the quick way, after checking that the whole-set way says the same."""
    measure = parse_measure(name)
    quick = evaluate_query(ranking, grades, [measure], level)[measure]
    whole = evaluate({"q": ranking}, {"q": grades}, [measure], level)[measure]["q"]
    assert whole == pytest.approx(quick, abs=1e-12)
    return quick


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nDCG@10", (2 / log2(3) + 1 / log2(6)) / (3 / log2(2) + 2 / log2(3) + 1 / log2(4))),
        ("nDCG", (2 / log2(3) + 1 / log2(6)) / (3 / log2(2) + 2 / log2(3) + 1 / log2(4))),
        ("nDCG@2", (2 / log2(3)) / (3 / log2(2) + 2 / log2(3))),
        ("nDCG_exp@10", (3 / log2(3) + 1 / log2(6)) / (7 / log2(2) + 3 / log2(3) + 1 / log2(4))),
        ("nDCG_condensed@10", (2 / log2(2) + 1 / log2(4)) / (3 / log2(2) + 2 / log2(3) + 1 / log2(4))),
        ("RR", 1 / 2),
        ("RR@2", 1 / 2),
        ("RR@1", 0),
        ("AP", (1 / 2 + 2 / 5) / 3),
        ("AP@4", (1 / 2) / 3),
        ("P@5", 2 / 5),
        ("P@10", 2 / 10),
        ("R@5", 2 / 3),
        ("R@2", 1 / 3),
        ("R(rel=2)@5", 1 / 2),
        ("Success@1", 0),
        ("Success@2", 1),
        ("Judged@4", 2 / 4),
        ("Judged@10", 3 / 5),
        ("Judged", 3 / 5),
        # R = 3, N = 1: d2 has none above, d1 has d0 above, d9 is not there
        ("Bpref", ((1 - 0) + (1 - 1 / 1) + 0) / 3),
    ],
)
def test_a_value_is_what_a_person_gets_by_hand(name, expected):
    assert value(name) == pytest.approx(expected, abs=1e-12)


def test_the_level_decides_what_is_relevant_where_the_name_does_not():
    assert value("R@5", level=2) == 1 / 2
    assert value("R(rel=3)@5", level=2) == 0
    assert value("nDCG@10", level=3) == value("nDCG@10")


@pytest.mark.parametrize("name", ["nDCG@10", "RR", "AP", "P@5", "R@5", "Success@5", "Judged@5", "Bpref"])
def test_an_empty_ranking_counts_0(name):
    assert value(name, ranking=[]) == 0


@pytest.mark.parametrize("name", ["nDCG@10", "RR", "AP", "P@5", "R@5", "Success@5", "Bpref", "nDCG_exp@5"])
def test_nothing_relevant_counts_0(name):
    assert value(name, grades={"d0": 0, "d1": -1}) == 0
    assert value(name, grades={"d0": -2, "d1": -1}) == 0


def test_every_judged_query_has_a_value_and_no_other():
    ndcg = parse_measure("nDCG@10")
    rankings = {"q1": ["a"], "q2": [], "not judged": ["a"], "no grades": ["a"]}
    qrels = {"q1": {"a": 1}, "q2": {"a": 1}, "q3": {"a": 1}, "no grades": {}}
    values = evaluate(rankings, qrels, [ndcg])[ndcg]
    assert values == {"q1": 1.0, "q2": 0.0, "q3": 0.0}
    assert missing_queries(rankings, qrels) == ["q2", "q3"]
    found = mean(values, missing_queries(rankings, qrels))
    assert (found.value, found.n, found.n_missing) == (1 / 3, 3, 2)


def test_the_mean_of_nothing_is_none():
    found = mean({})
    assert (found.value, found.n, found.n_missing) == (None, 0, 0)


def test_measures_that_print_alike_at_different_levels_are_kept_apart():
    two, bare = parse_measure("P(rel=2)@5"), parse_measure("P@5")
    values = evaluate({"q": RANKING}, {"q": GRADES}, [two, bare])
    assert (values[two]["q"], values[bare]["q"]) == (1 / 5, 2 / 5)


@pytest.mark.parametrize(
    ("ranking", "grades"),
    [
        (["a", "b"], {"a": -1, "b": -2}),
        (["a", "b"], {"a": 1_000, "b": -1_000}),
        (["b", "a"], {"a": 1_001, "b": 1}),
        (["a", "b"], {"a": 2_000_000, "b": 1}),
        (["a", "b"], {"a": 2**70, "b": 1}),
        (["a", "b"], {"a": 1, "b": -(2**40)}),
        (["a\ud800", "b"], {"a\ud800": 1, "b": 1}),
        (["a\0x", "b"], {"a\0y": 1, "b": 1}),
    ],
)
def test_ids_and_grades_that_nobody_expects_count_as_they_are(ranking, grades):
    measures = [parse_measure(name) for name in ("nDCG@10", "AP", "P@5", "Bpref")]
    whole = evaluate({"q": ranking, "fine": ["a"]}, {"q": grades, "fine": {"a": 1}}, measures)
    assert {measure: values["q"] for measure, values in whole.items()} == pytest.approx(
        evaluate_query(ranking, grades, measures), abs=1e-12
    )
    assert whole[measures[0]]["fine"] == 1


def test_beside_a_grade_too_large_for_arrays_what_is_wrong_is_still_named():
    ndcg, large = [parse_measure("nDCG@10")], {"a": 2**70}
    with pytest.raises(BadInputError, match=r"ranking of query 'twice'"):
        evaluate({"large": ["a"], "twice": ["b", "b"]}, {"large": large, "twice": {"b": 1}}, ndcg)
    with pytest.raises(BadInputError, match=r"grades of query 'half'"):
        evaluate({}, {"large": large, "half": {"b": 0.5}}, ndcg)


OURS = [
    *("nDCG_exp", "nDCG_condensed", "Judged", "RR(rel=3)", "AP(rel=2)", "Bpref(rel=3)"),
    *(f"{kind}@{k}" for kind in ("nDCG_exp", "nDCG_condensed", "Judged", "RR", "Success") for k in (1, 3, 50)),
]
"""What trec_eval has not, or not at this level or cutoff; what it has is in test_trec_parity.py."""


def test_many_queries_at_once_have_each_the_value_that_it_has_alone():
    rng, measures = Random(7), [parse_measure(name) for name in OURS]
    rankings, qrels = {}, {}
    for number in range(400):
        pool = [f"d{place}" for place in range(rng.randrange(1, 40))]
        qrels[f"q{number}"] = {
            docid: rng.choice([-2, 0, 0, 1, 2, 3, 9]) for docid in rng.sample(pool, rng.randrange(1, len(pool) + 1))
        }
        if number % 9:
            rankings[f"q{number}"] = rng.sample(pool, rng.randrange(len(pool) + 1))
    for level in (1, 2):
        whole = evaluate(rankings, qrels, measures, level)
        for qid, grades in qrels.items():
            alone = evaluate_query(rankings.get(qid, []), grades, measures, level)
            assert {one: values[qid] for one, values in whole.items()} == pytest.approx(alone, abs=1e-12, rel=0)


def test_without_a_judged_query_there_is_no_value():
    rr = parse_measure("RR@10")
    assert evaluate({"q": ["a"]}, {}, [rr]) == evaluate({"q": ["a"]}, {"q": {}}, [rr]) == {rr: {}}


def test_ids_that_differ_after_a_nul_are_different():
    assert value("Success@5", ranking=["a\0x"], grades={"a\0y": 1}) == 0


def test_a_document_that_stands_twice_is_refused():
    with pytest.raises(BadInputError, match=r"ranking of query 'q'.*'b' stands in it twice"):
        evaluate({"q": ["a", "b", "c", "b"]}, {"q": {"a": 1}}, [parse_measure("nDCG@10")])
    with pytest.raises(BadInputError, match="'b' stands in it twice"):
        evaluate_query(["b", "b"], {"a": 1}, [parse_measure("nDCG@10")])


@pytest.mark.parametrize("grade", [1.0, 0.5, nan, "1", None])
def test_a_grade_that_is_not_a_whole_number_is_refused(grade):
    with pytest.raises(BadInputError, match="a whole number"):
        evaluate_query(["a"], {"a": grade}, [parse_measure("nDCG@10")])
    with pytest.raises(BadInputError, match="query 'q'"):
        evaluate({"q": ["a"]}, {"q": {"a": grade}}, [parse_measure("nDCG@10")])


def test_whole_numbers_of_numpy_are_grades():
    assert value("nDCG@10", ranking=["b", "a"], grades={"a": np.int64(1), "b": np.int64(0)}) == 1 / log2(3)


def test_a_constant_scorer_gains_nothing_through_ties():
    """All scores equal, candidate order kept: the value is that of the candidates, whatever the docids are."""
    assert value("RR", ranking=["d9", "d10"], grades={"d10": 1}) == 1 / 2
    assert value("RR", ranking=["d10", "d9"], grades={"d9": 1}) == 1 / 2
