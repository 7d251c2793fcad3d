"""Agreement coefficients against published worked examples, against hand arithmetic, and against another library."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rerank_core.judging.agreement import alpha, kappa

# Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", section C: four observers, twelve units, '.' missing
OBSERVERS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
UNITS = [
    [int(value) for value in unit if value != "."] for unit in zip(*(row.split() for row in OBSERVERS), strict=True)
]

# Cohen 1960, doi 10.1177/001316446002000104, table 1: two clinicians, 200 patients, three diagnoses
DIAGNOSES = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
PATIENTS = [pair for pair in itertools.product(range(3), repeat=2) for _ in range(DIAGNOSES[pair[0]][pair[1]])]


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_krippendorffs_own_example(level, published):
    assert alpha(UNITS, level).value == pytest.approx(published, abs=0.0005)


def test_a_unit_with_one_grade_says_nothing():
    assert alpha(UNITS).units == 11
    assert alpha([*UNITS, [2], []]).value == alpha(UNITS).value


def test_kappa_of_cohens_own_example():
    # he gives .492: 70 % agree, and by chance .6 x .5 + .3 x .3 + .1 x .2 would
    assert kappa(PATIENTS).value == pytest.approx((0.70 - 0.41) / (1 - 0.41))
    assert kappa(PATIENTS).value == pytest.approx(0.492, abs=0.0005)


def test_quadratic_weights_count_the_square_of_the_distance():
    pairs = [(0, 0), (0, 2), (2, 0), (3, 3)]
    observed = (0 + 4 + 4 + 0) / 4
    first, second = (0, 0, 2, 3), (0, 2, 0, 3)
    expected = sum((one - other) ** 2 for one in first for other in second) / 16
    assert kappa(pairs, "quadratic").value == pytest.approx(1 - observed / expected)


def test_full_agreement_is_one_and_chance_is_about_nought():
    assert kappa([(0, 0), (1, 1), (3, 3)]).value == 1
    assert alpha([[0, 0], [1, 1, 1], [3, 3]]).value == 1
    assert kappa([(0, 0), (0, 1), (1, 0), (1, 1)]).value == 0
    assert kappa([(0, 1), (1, 0)]).value == -1


@pytest.mark.parametrize("pairs", [[], [(1, 1)], [(2, 2)] * 9])
def test_what_cannot_tell_agreement_from_chance_has_no_coefficient(pairs):
    assert kappa(pairs) is None
    assert alpha(pairs) is None


PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=3, max_size=30)


@settings(deadline=None)
@given(PAIRS, st.sampled_from(["none", "quadratic"]))
def test_kappa_is_that_of_scikit_learn(pairs, weights):
    from sklearn.metrics import cohen_kappa_score

    found = kappa(pairs, weights, resamples=1)
    if found is not None:
        named = None if weights == "none" else weights
        first, second = zip(*pairs, strict=True)
        assert found.value == pytest.approx(cohen_kappa_score(first, second, labels=range(4), weights=named))


@settings(deadline=None)
@given(PAIRS)
def test_alpha_of_yes_or_no_is_the_same_on_every_level(pairs):
    halves = [[int(grade > 1) for grade in pair] for pair in pairs]
    values = {level: alpha(halves, level, resamples=1) for level in ("nominal", "ordinal", "interval")}
    assert len({None if found is None else round(found.value, 9) for found in values.values()}) == 1


@settings(deadline=None)
@given(PAIRS)
def test_who_gave_which_grade_plays_no_part_in_alpha(pairs):
    turned = alpha([pair[::-1] for pair in pairs])
    assert turned == alpha(pairs)


def test_the_interval_holds_the_value_narrows_with_more_pairs_and_is_the_same_again():
    few, many = kappa(PATIENTS[::10]), kappa(PATIENTS)
    assert many == kappa(PATIENTS)
    assert many != kappa(PATIENTS, seed=1)
    assert many.low < many.value < many.high
    assert many.high - many.low < few.high - few.low


def test_the_interval_is_as_wide_as_the_published_standard_error_says():
    # Fleiss, Cohen & Everitt 1969, doi 10.1037/h0028106: the large-sample variance of kappa, by their formula 13
    n, po, pe = 200, 0.70, 0.41
    p = [[count / n for count in row] for row in DIAGNOSES]
    rows, columns = [sum(row) for row in p], [sum(row[i] for row in p) for i in range(3)]
    k = (po - pe) / (1 - pe)
    a = sum(p[i][i] * (1 - (rows[i] + columns[i]) * (1 - k)) ** 2 for i in range(3))
    b = (1 - k) ** 2 * sum(p[i][j] * (columns[i] + rows[j]) ** 2 for i in range(3) for j in range(3) if i != j)
    error = ((a + b - (k - pe * (1 - k)) ** 2) / n) ** 0.5 / (1 - pe)
    found = kappa(PATIENTS)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * error, rel=0.06)
