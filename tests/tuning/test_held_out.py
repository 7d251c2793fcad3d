"""What a search promises on the queries that it saw, and what holds on the others."""

from __future__ import annotations

import numpy as np
import pytest

from rerank_core.tuning.difference import difference, shared_sway
from rerank_core.tuning.held_out import halves, held_out
from rerank_core.tuning.noise import corrected


def test_every_split_chooses_on_half_and_every_query_is_held_out_as_often():
    choose = halves(30, 200, seed=1)
    assert (choose.sum(axis=1) == 15).all()
    assert ((~choose).sum(axis=0) == 100).all()
    assert (choose == halves(30, 200, seed=1)).all()
    assert (choose != halves(30, 200, seed=2)).any()


def test_of_an_odd_number_the_smaller_half_chooses():
    choose = halves(7, 10)
    assert (choose.sum(axis=1) == 3).all()
    assert not (choose[0] & choose[1]).any()


def test_a_setting_that_is_better_on_every_query_is_always_chosen_and_keeps_its_gain():
    values = np.array([[0.5] * 20, [0.7] * 20, [0.6] * 20])
    found = held_out(values, halves(20, 20))
    assert found.best == 1
    assert (found.chosen == 1).all()
    assert found.gain == pytest.approx(0.2)
    assert found.optimism == pytest.approx(0.0)
    assert found.kept == pytest.approx(1.0)


def test_equal_settings_leave_the_first_one_chosen():
    values = np.tile(np.linspace(0, 1, 20), (4, 1))
    assert (held_out(values, halves(20, 20)).chosen == 0).all()


def test_what_was_chosen_on_noise_is_not_kept():
    rng = np.random.default_rng(3)
    found = held_out(rng.normal(0.5, 0.2, (200, 40)), halves(40, 200))
    assert found.gain_seen > 0.05
    assert abs(found.gain) < 0.05
    assert found.optimism > 0.05


def test_a_held_out_value_is_never_of_a_setting_that_the_query_chose():
    # the second setting is best on one query only: it can be chosen only where that query chooses
    values = np.zeros((2, 20))
    values[0], values[1, 0] = 0.5, 100.0
    found = held_out(values, halves(20, 200))
    assert found.values[0] == 0.5
    assert found.best == 1


def test_the_difference_of_one_fixed_setting_each_is_the_plain_paired_one():
    rng = np.random.default_rng(0)
    left, right = rng.random((1, 30)), rng.random((1, 30))
    choose = halves(30, 40)
    against = difference(left, held_out(left, choose), right, held_out(right, choose), choose)
    assert against.by_query == pytest.approx((left - right)[0])
    assert against.pseudo == pytest.approx((left - right)[0])


def drawn_search(rng, queries, settings=50):
    """Two searches of settings that differ by noise alone, and their splits."""
    values, base = rng.normal(0.5, 0.3, (settings, queries)), rng.normal(0.5, 0.3, (settings, queries))
    return values, base, halves(queries, 200, int(rng.integers(1_000_000)))


def test_what_two_queries_do_to_each_others_values_is_summed_over_all_pairs(monkeypatch):
    rng = np.random.default_rng(5)
    choose = halves(7, 40)
    table = rng.normal(size=(40, 7))
    sway = np.zeros((7, 7))
    for q in range(7):
        for r in range(7):
            if q != r:
                chooses = [table[s, q] for s in range(40) if not choose[s, q] and choose[s, r]]
                rests = [table[s, q] for s in range(40) if not choose[s, q] and not choose[s, r]]
                share = len(chooses) / (len(chooses) + len(rests))
                sway[q, r] = share * (np.mean(chooses) - np.mean(rests))
    expected = sum(sway[q, r] * sway[r, q] for q in range(7) for r in range(7))
    assert shared_sway(table, choose) == pytest.approx(expected)
    monkeypatch.setattr("rerank_core.tuning.difference._PART", 3)
    assert shared_sway(table, choose) == pytest.approx(expected)


def test_queries_that_sway_each_others_choice_widen_the_spread():
    values, base, choose = drawn_search(np.random.default_rng(5), 24)
    against = difference(values, held_out(values, choose), base, held_out(base, choose), choose)
    assert against.pseudo.mean() == pytest.approx(against.mean)
    assert against.pseudo.std() > 1.1 * against.by_query.std()


def test_the_interval_of_a_held_out_difference_holds_the_truth_as_often_as_it_says():
    """On noise alone the truth is 0. Of 400 datasets the share is off by 0.011 (a standard deviation) by chance."""
    rng, holds, plain = np.random.default_rng(11), [], []
    for seed in range(400):
        values, base, choose = drawn_search(rng, 30, settings=20)
        against = difference(values, held_out(values, choose), base, held_out(base, choose), choose)
        found, _ = corrected({"mended": against.pseudo}, seed, samples=500)
        holds.append(found["mended"].low <= 0 <= found["mended"].high)
        found, _ = corrected({"plain": against.by_query}, seed, samples=500)
        plain.append(found["plain"].low <= 0 <= found["plain"].high)
    assert np.mean(holds) == pytest.approx(0.95, abs=0.03)
    assert np.mean(plain) < 0.9


def test_one_system_alone_has_about_students_interval():
    from scipy import stats

    deltas = np.random.default_rng(7).normal(0.1, 0.3, 60)
    found, _ = corrected({"a": deltas})
    low, high = stats.t.interval(0.95, 59, deltas.mean(), stats.sem(deltas))
    assert (found["a"].low, found["a"].high) == pytest.approx((low, high), abs=0.004)
    assert found["a"].p_value == pytest.approx(stats.ttest_1samp(deltas, 0).pvalue, abs=0.01)


def test_more_systems_widen_every_interval_and_a_copy_does_not():
    rng = np.random.default_rng(8)
    deltas = rng.normal(0.1, 0.3, 60)
    alone, _ = corrected({"a": deltas})
    copied, _ = corrected({"a": deltas, "b": deltas.copy()})
    assert (copied["a"].low, copied["a"].high) == pytest.approx((alone["a"].low, alone["a"].high))
    many, noise = corrected({"a": deltas, **{f"n{place}": rng.normal(0, 0.3, 60) for place in range(9)}})
    assert many["a"].high - many["a"].low > 1.2 * (alone["a"].high - alone["a"].low)
    assert many["a"].p_value > alone["a"].p_value
    assert np.median(noise) > 0


def test_no_difference_at_all_is_no_evidence():
    found, _ = corrected({"a": np.zeros(30)})
    assert (found["a"].mean, found["a"].low, found["a"].high, found["a"].p_value) == (0.0, 0.0, 0.0, 1.0)
