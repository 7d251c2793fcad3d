"""No query is placed by its own grades: planted features would show it, and drawn grades give no gain."""

from __future__ import annotations

import numpy as np
import pytest

from rerank_core.errors import SettingsError
from rerank_core.evaluation.names import parse_measure
from rerank_core.training.folds import folds
from rerank_core.training.linear import Choice, fit
from rerank_core.training.nested import Fitter, nested
from rerank_core.training.tables import QueryTable, Tables
from rerank_core.types import Query

NDCG = parse_measure("nDCG@10")
FEW = (Choice("ridge", 30.0, True, 1.0), Choice("ridge", 1.0, True, 1.0), Choice("pairs", 1.0, True, 1.0))
COUNT, DEEP = 24, 12
QUERIES = [Query(f"q{number}", f"text {number}") for number in range(COUNT)]


def drawn(seed: int, signal: float, markers: bool = False) -> Tables:
    """Queries with three relevant passages of twelve, and two features; the first one is `signal` higher for these.

    `markers`: one feature more for each query, which stands at its relevant passages alone, as a word that only its
    own relevant passages hold.
    """
    rng = np.random.default_rng(seed)
    names = ["score:first-stage", "score:a", *(f"score:m{number}" for number in range(COUNT if markers else 0))]
    tables = []
    for place in range(COUNT):
        grades = rng.permutation([1] * 3 + [0] * (DEEP - 3))
        values = rng.normal(size=(DEEP, len(names)))
        values[:, 0] += signal * grades
        values[:, 2:] = 0.0
        if markers:
            values[:, 2 + place] = grades
        tables.append(QueryTable(f"q{place}", values, grades, tuple(grades)))
    return Tables(tuple(names), tuple(tables))


def out_of_fold(tables: Tables, seed: int = 0, choices=FEW) -> np.ndarray:
    inside = folds(QUERIES, 4, seed)
    _, curve = nested(Fitter(NDCG, choices=choices, seed=seed), [tables] * 4, QUERIES, inside, (1.0,))
    return curve[1.0]


def test_a_marker_that_only_a_querys_own_grades_explain_gives_nothing_out_of_fold():
    tables = drawn(1, signal=0.0, markers=True)
    weights = fit(tables.names, tables.queries, FEW[1])
    seen = Fitter(NDCG).values(tables.queries, weights[None])[0]
    assert seen.mean() > 0.95  # who sees a query's grades finds its marker
    # three relevant of twelve in a drawn order have 0.55; one leaked query in three would be at 0.7
    assert out_of_fold(tables, choices=FEW[:2]).mean() < 0.65


def test_a_signal_that_all_queries_share_is_found_out_of_fold():
    tables = drawn(2, signal=3.0)
    assert out_of_fold(tables).mean() > 0.85


def test_permuted_grades_give_no_gain_over_twenty_seeds():
    gains = []
    for seed in range(20):
        tables = drawn(seed, signal=0.0)
        by_first = Fitter(NDCG).values(tables.queries, np.array([[1.0, 0.0]]))[0]
        gains.append(float((out_of_fold(tables, seed, FEW[:2]) - by_first).mean()))
    error = np.std(gains, ddof=1) / np.sqrt(len(gains))
    assert abs(np.mean(gains)) < 3 * error


def test_weak_negatives_are_learned_from_and_what_nobody_read_at_the_top_is_not():
    grades = np.array([-1, -1, -1, 1, -1])
    table = QueryTable("q", np.arange(5.0)[:, None], grades, (1,))
    assert table.known().tolist() == [False, False, True, True, True]
    assert fit(("score:a",), [table], Choice("ridge", 0.001, True, 1.0))[0] == pytest.approx(0, abs=1e-6)
    # less weight for the weak ones around it changes nothing of its place between them
    assert fit(("score:a",), [table], Choice("ridge", 0.001, True, 0.3))[0] == pytest.approx(0, abs=1e-6)


def test_ridge_within_a_query_is_what_a_person_works_out():
    # one query, x = 0 and 2, grades 0 and 1: centred ±1 and ±0.5, deviation 1; slope 1 / (2 + penalty)
    table = QueryTable("q", np.array([[0.0], [2.0]]), np.array([0, 1]), (0, 1))
    assert fit(("score:a",), [table], Choice("ridge", 2.0, True, 1.0))[0] == pytest.approx(1 / 4)


def test_texts_are_left_alone_where_the_choice_says_so():
    values = np.array([[1.0, 1.0], [0.0, 0.0]])
    table = QueryTable("q", values, np.array([1, 0]), (1, 0))
    weights = fit(("score:a", "bm25"), [table], Choice("pairs", 1.0, False, 1.0))
    assert weights[0] > 0
    assert weights[1] == 0


def test_equal_grades_teach_nothing():
    table = QueryTable("q", np.ones((2, 1)), np.array([1, 1]), (1, 1))
    with pytest.raises(SettingsError, match="nothing to learn"):
        fit(("score:a",), [table], FEW[0])
