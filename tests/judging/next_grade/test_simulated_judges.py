"""The benchmark of the next grade that matters, in small: its parts, and clearly different runs of TREC DL 2019."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.bench.simulated_judges import (
    ORDERS,
    Outcome,
    chosen_pairs,
    in_rank_order,
    load,
    remarks,
    simulate,
    table,
    true_values,
)


@pytest.fixture(scope="module")
def dl19(collections):
    folder = collections / "trec-dl-2019"
    if not folder.is_dir():
        pytest.skip(f"trec-dl-2019 is not at {folder}")
    return load(folder)


@pytest.mark.parametrize(
    ("worse", "better"),
    [("rerank-bm25-vicuna13b-untrained", "rerank-tasb-rankvicuna"), ("first-bm25", "first-splade-pp-ed")],
)
def test_clearly_different_runs_are_told_apart_with_a_quarter_of_the_pool(dl19, worse, better):
    runs, qrels = dl19
    values = true_values({name: runs[name] for name in (worse, better)}, qrels)
    truth = values[better] - values[worse]
    assert truth > 0.2
    there = simulate(runs, qrels, (worse, better), truth, "matters", seed=1)
    back = simulate(runs, qrels, (better, worse), -truth, "matters", seed=1)
    assert (there.word, back.word) == ("better", "worse")
    assert not there.wrong
    assert not back.wrong
    assert max(there.grades, back.grades) <= there.pool / 4


def test_the_pool_in_rank_order_has_every_passage_of_both_top_tens_once():
    a, b = {"q": list("abcdefghijkl"), "r": ["x"]}, {"q": list("badcfeghijlk"), "r": ["y"], "s": ["z"]}
    pool = in_rank_order(a, b)
    assert pool[:4] == [("q", "a"), ("q", "b"), ("r", "x"), ("r", "y")]
    assert pool[4:] == [("q", docid) for docid in "cdefghij"]


def test_pairs_are_drawn_from_every_fifth_of_the_true_deltas_and_by_the_seed():
    values = {f"s{number}": number**2 / 100 for number in range(11)}
    pairs = chosen_pairs(values, 10, 3)
    assert pairs == chosen_pairs(values, 10, 3) != chosen_pairs(values, 10, 4)
    sizes = sorted(abs(values[a] - values[b]) for a in values for b in values if a < b)
    fifths = Counter(sizes.index(abs(values[a] - values[b])) * 5 // len(sizes) for a, b in pairs)
    assert set(fifths) <= {0, 1, 2, 3, 4}
    assert max(fifths.values()) <= 3
    assert len(chosen_pairs(values, 0, 3)) == 11 * 10 / 2


def test_the_table_counts_misses_and_compares_with_the_pool():
    right = Outcome("a", "b", "matters", 0.1, 400, 50, "better", 0.97, None, False)
    wrong = replace(right, a="c", truth=-0.002, grades=150)
    others = [replace(one, order=order, grades=200, word="open") for one in (right, wrong) for order in ORDERS[1:]]
    lines = table([right, wrong, *others]).splitlines()
    matters = next(line for line in lines if line.startswith("matters  all"))
    # (50 + 150) / 2 grades; of 400 and of 200
    assert matters.split()[3] == "100"
    assert "0.25 (0.19 to 0.31)" in matters
    assert "0.50 (0.38 to 0.62)" in matters
    assert matters.split()[-2:] == ["1", "0"]
    assert next(line for line in lines if line.startswith("pool     all")).split()[-2:] == ["0", "2"]
    said = list(remarks([right, wrong, *others]))
    assert "wrong (better): matters, c -> b, true -0.0020, P 0.970, 150" in said
    assert sum(line.startswith("undecided") for line in said) == 4


def test_equal_is_wrong_where_the_true_difference_is_the_margin_or_more():
    equal = Outcome("a", "b", "matters", -0.0199, 400, 50, "equal", 0.97, (20, 90), False)
    assert not equal.wrong
    assert replace(equal, truth=-0.02).wrong
    ranges = [equal, replace(equal, grades=65), replace(equal, grades=150)]
    # 0, 15 and 100 were needed
    assert "the range held what was needed in 0 of 3" in " ".join(remarks(ranges))
    assert "in 1 of 1" in " ".join(remarks([replace(equal, grades=90)]))
