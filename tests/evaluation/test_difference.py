"""RBO, tau-AP and Jaccard: values from the papers and from other implementations, and by hand."""

from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.errors import BadInputError, SettingsError
from rerank_core.evaluation.difference import jaccard, rbo, rbo_weight, tau_ap

PERMUTED = st.permutations("abcdefgh")
LISTS = st.lists(st.sampled_from("abcdefghijkl"), unique=True)


def test_rbo_weighs_the_agreement_at_each_depth_as_the_papers_example_has_it():
    # Webber et al., figure 3: abcdefg against zcavwxy agree by 0, 0, 2/3, 2/4, 2/5, 2/6 and 2/7 of each depth
    p, agreements = 0.9, (0, 0, 2 / 3, 2 / 4, 2 / 5, 2 / 6, 2 / 7)
    expected = (1 - p) / p * sum(a * p**d for d, a in enumerate(agreements, 1)) + agreements[-1] * p**7
    assert rbo("abcdefg", "zcavwxy", p) == pytest.approx(expected)


def test_rbo_of_a_published_example():
    # the README of b4ny4n/rankmeasures: RBO.eval(List(1,2,3,4,5), List(2,3,4,1,5), 0.9) = 0.828
    assert rbo("12345", "23415", 0.9) == pytest.approx(0.828, abs=5e-4)


def test_the_first_ten_places_have_86_percent_of_the_weight_at_p_9_and_the_first_fifty_at_p_98():
    # said in Webber et al., section 4.3
    assert rbo_weight(10, 0.9) == pytest.approx(0.86, abs=5e-3)
    assert rbo_weight(50, 0.98) == pytest.approx(0.86, abs=1e-2)  # "the same weight", roughly
    # the first place is part of every depth: sum over d of (1 - p) p^(d-1) / d
    assert rbo_weight(1, 0.5) == pytest.approx(log(2))
    assert rbo_weight(0) == 0.0


def test_lists_of_two_lengths_are_taken_to_go_on_as_they_did():
    # s = 1, l = 2, overlaps 1 and 1: the second place of the shorter one counts as agreeing, as its first did
    p = 0.5
    assert rbo("a", "ab", p) == pytest.approx((1 - p) / p * (1 * p + 1 / 2 * p**2 + 1 * 1 / (1 * 2) * p**2) + p**2)
    assert rbo("a", "ab", p) == pytest.approx(1.0)
    # the same document one place later: agreement 0 at depth 1, 1/2 at depth 2, and X_s = 0
    assert rbo("b", "ab", p) == pytest.approx((1 - p) / p * (1 / 2 * p**2) + 1 / 2 * p**2)


def test_empty_lists():
    assert rbo([], []) == 1.0
    assert rbo([], "ab") == 0.0
    assert jaccard([], []) == 1.0
    assert jaccard([], "a") == 0.0
    assert tau_ap([], "ab") is None
    assert tau_ap("ab", "bc") is None


@given(LISTS, LISTS)
def test_rbo_is_symmetric_and_between_0_and_1(one, other):
    value = rbo(one, other)
    assert value == pytest.approx(rbo(other, one))
    assert -1e-12 <= value <= 1 + 1e-12


@given(LISTS, LISTS)
def test_rbo_counts_what_the_definition_counts(one, other):
    # the definition at equal lengths, without the counting that makes it fast
    n, p = min(len(one), len(other)), 0.8
    one, other = one[:n], other[:n]
    shares = [len(set(one[:d]) & set(other[:d])) / d for d in range(1, n + 1)]
    expected = (1 - p) / p * sum(a * p**d for d, a in enumerate(shares, 1)) + shares[-1] * p**n if n else 1.0
    assert rbo(one, other, p) == pytest.approx(expected)


def test_tau_ap_of_the_ircor_example():
    # README of julian-urbano/ircor: tauAP(x, y) of two score vectors, decreasing
    x = [0.06, 0.2, 0.27, 0.37, 0.57, 0.63, 0.66, 0.9, 0.91, 0.94]
    y = [0.37, 0.06, 0.2, 0.27, 0.57, 0.66, 0.63, 0.91, 0.9, 0.94]
    by_x, by_y = (sorted("abcdefghij", key=lambda item, own=own: -own["abcdefghij".index(item)]) for own in (x, y))
    assert tau_ap(by_x, by_y) == pytest.approx(0.7491182, abs=1e-7)


def test_tau_ap_by_hand():
    # c above a and b: of the one above a none is right, of the two above b one is
    assert tau_ap("abc", "cab") == pytest.approx(2 / 2 * (0 / 1 + 1 / 2) - 1)
    assert tau_ap("abcd", "abcd") == 1.0
    assert tau_ap("abcd", "dcba") == -1.0


def test_a_swap_at_the_top_costs_tau_ap_more_than_one_at_the_bottom():
    top, bottom = tau_ap("abcde", "bacde"), tau_ap("abcde", "abced")
    assert top == pytest.approx(2 / 4 * (0 + 1 + 1 + 1) - 1)
    assert bottom == pytest.approx(2 / 4 * (1 + 1 + 1 + 3 / 4) - 1)


def test_tau_ap_leaves_out_what_only_one_of_them_holds():
    assert tau_ap("axbyc", "zcab") == tau_ap("abc", "cab")


@given(PERMUTED, PERMUTED)
def test_tau_ap_lies_between_minus_1_and_1(one, other):
    value = tau_ap(one, other)
    assert value is not None
    assert -1 <= value <= 1
    assert (value == 1) == (list(one) == list(other))


def test_jaccard_counts_the_first_k_only():
    assert jaccard("abcd", "badc", 2) == 1.0
    assert jaccard("abc", "cda", 2) == 0.0
    assert jaccard("abc", "adb", 3) == 2 / 4


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(BadInputError):
        rbo("aa", "a")
    with pytest.raises(BadInputError):
        tau_ap("ab", "aa")
    for wrong in (lambda: rbo("a", "a", 1.0), lambda: rbo_weight(3, 0.0), lambda: jaccard("a", "a", 0)):
        with pytest.raises(SettingsError):
            wrong()
