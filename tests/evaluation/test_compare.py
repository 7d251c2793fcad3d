import random
from statistics import stdev

import pytest

from rerank_core.evaluation.compare import compare, compare_all
from rerank_core.evaluation.numbers import signed
from rerank_core.evaluation.verdict import is_sure, verdict


def sets(deltas):
    """Baseline and system values, qid -> value, with these differences."""
    return {f"q{i}": 0.4 for i in range(len(deltas))}, {f"q{i}": 0.4 + delta for i, delta in enumerate(deltas)}


def of(deltas, **names):
    return compare(*sets(deltas), **names)


def clear_win(n=60, mean=0.08):
    rng = random.Random(11)
    return [rng.gauss(mean, 0.1) for _ in range(n)]


def test_deltas_are_system_minus_baseline_and_counted():
    found = compare({"q1": 0.5, "q2": 0.5, "q3": 0.5, "q4": 0.25}, {"q1": 0.75, "q2": 0.25, "q3": 0.5, "q4": 0.75})
    assert found.deltas == {"q1": 0.25, "q2": -0.25, "q3": 0.0, "q4": 0.5}
    assert (found.wins, found.losses, found.ties, found.n, found.unpaired) == (2, 1, 1, 4, 0)
    assert found.mean == (0.25 - 0.25 + 0 + 0.5) / 4
    assert found.spread == pytest.approx(stdev([0.25, -0.25, 0, 0.5]))


def test_queries_that_one_system_lacks_are_left_out_and_counted():
    found = compare({"q1": 0.5, "q2": 0.5, "only A": 1.0}, {"q1": 0.5, "q2": 0.75, "only B": 0.0, "also B": 0.0})
    assert (found.n, found.unpaired, list(found.deltas)) == (2, 3, ["q1", "q2"])


def test_rounding_is_no_win():
    found = compare({"q": 0.3}, {"q": 0.1 + 0.2})
    assert (found.deltas["q"], found.ties) == (0.0, 1)


def test_turning_the_systems_round_turns_every_sign_round():
    a, b = sets(clear_win(20))
    there, back = compare(a, b), compare(b, a)
    assert back.mean == -there.mean
    assert (back.wins, back.losses) == (there.losses, there.wins)
    assert back.p_value == pytest.approx(there.p_value, abs=1e-3)


def test_equal_inputs_and_seeds_give_equal_comparisons():
    assert of(clear_win(), seed=3) == of(clear_win(), seed=3)


def test_several_systems_are_compared_on_the_queries_that_all_have():
    a, b = sets(clear_win())
    c = {qid: value - 0.001 for qid, value in b.items() if qid != "q7"}
    found = compare_all({"A": a, "B": b, "C": c, "broken": None}, "A")
    assert list(found) == ["B", "C", "broken"]
    assert found["broken"] is None
    assert (found["B"].n, found["B"].unpaired, found["C"].n, found["B"].compared) == (59, 1, 59, 2)
    assert found["B"].p_holm == pytest.approx(2 * min(found["B"].p_value, found["C"].p_value))


def test_without_a_baseline_there_is_nothing_to_compare_with():
    assert compare_all({"A": None, "B": {"q": 1.0}}, "A") == {"B": None}
    with pytest.raises(KeyError):
        compare_all({"B": {"q": 1.0}}, "A")


def test_no_queries_and_no_other_system():
    assert compare_all({"A": {"q": 1.0}}, "A") == {}
    found = compare_all({"A": {}, "B": {}}, "A")["B"]
    assert (found.n, found.mean, found.interval, found.p_value, found.p_holm, found.needed) == (0, *[None] * 5)


def test_a_clear_win_is_told_in_one_sentence():
    found = of(clear_win(), baseline="Hybrid", system="Cascade A")
    low, high = found.interval.low, found.interval.high
    assert verdict(found) == (
        f"Cascade A is better than Hybrid by +{found.mean:.3f} nDCG@10 (95 % CI +{low:.3f} … +{high:.3f}, 60 queries, "
        f"{found.wins} won, {found.losses} lost, 0 tied)."
    )
    assert is_sure(found)


def test_a_clear_loss_is_told_with_its_sign():
    found = of([-delta for delta in clear_win()])
    assert verdict(found).startswith(f"B is worse than A: −{-found.mean:.3f} nDCG@10 (95 % CI −")


def test_an_unclear_difference_says_how_many_more_to_grade_where_there_are_so_many():
    found = of([0.1, -0.1] * 20 + [0.2, 0.2])
    more = found.needed - 42
    assert more > 100
    assert verdict(found, more).startswith("Too close to call: B against A: +0.010 nDCG@10 (95 % CI −")
    assert verdict(found, more).endswith(f"; grade about {more:,} more queries.")


@pytest.mark.parametrize("spare", [None, 0, 18])
def test_nobody_is_asked_to_grade_more_queries_than_there_are(spare):
    found = of([0.1, -0.1] * 20 + [0.2, 0.2])
    assert verdict(found, spare).endswith(f"; 42 queries can show a difference of about ±{found.detectable:.3f}.")


def test_a_difference_that_could_never_be_shown_promises_nothing():
    deltas = [0.5, -0.5] * 20 + [0.0001]
    # (t_40(0.975) + t_40(0.8)) * 0.5 / sqrt(41)
    assert verdict(of(deltas)).endswith("; 41 queries can show a difference of about ±0.224.")


def test_opposite_deltas_that_cancel_say_what_could_be_seen():
    found = of([0.25, -0.25] * 20)
    assert found.needed is None
    assert verdict(found).endswith(f"; 40 queries can show a difference of about ±{found.detectable:.3f}.")


@pytest.mark.parametrize(
    ("deltas", "sentence"),
    [
        ([], "Cannot tell: no query has nDCG@10 for both B and A."),
        ([0.0], "No difference seen: B and A have the same nDCG@10 on the one query."),
        ([0.0] * 30, "No difference seen: B and A have the same nDCG@10 on all 30 queries."),
        ([0.1], "Too close to call: B against A: +0.100 nDCG@10 on one query; grade more queries."),
    ],
)
def test_cases_without_statistics_have_their_sentence(deltas, sentence):
    assert verdict(of(deltas)) == sentence


def test_the_same_difference_on_every_query_is_told_without_an_interval():
    assert verdict(of([0.25] * 30)) == (
        "B is better than A by +0.250 nDCG@10 (the same on every query, so no interval, 30 queries, "
        "30 won, 0 lost, 0 tied)."
    )
    assert verdict(of([0.25] * 3)).startswith("Too close to call: B against A: +0.250 nDCG@10 (the same on every query")


def test_five_wins_of_five_are_not_enough_to_claim():
    found = of([0.1, 0.11, 0.12, 0.13, 0.14])
    assert found.interval.low > 0
    assert found.p_value == 2 / 32
    assert verdict(found).endswith("grade about 1 more query.")


def test_the_correction_for_several_systems_can_take_a_claim_back():
    rng = random.Random(2)
    a, b = sets([0.035 + 0.09 * (-1) ** i for i in range(40)])
    alone = compare(a, b)
    assert is_sure(alone)
    others = {f"S{i}": {qid: 0.4 + rng.gauss(0, 0.1) for qid in a} for i in range(9)}
    among_ten = compare_all({"A": a, "B": b, **others}, "A")["B"]
    assert among_ten.p_value == alone.p_value
    assert not is_sure(among_ten)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0614, "+0.061"), (-0.0614, "−0.061"), (-0.0001, "0.000"), (0.0, "0.000")]
)
def test_numbers_carry_their_sign(value, text):
    assert signed(value) == text
