"""A sparse score split by term, as bars."""

from __future__ import annotations

from math import fsum

import pytest

from rerank_core.views.terms import terms_chart, terms_frame

TERMS = [("fish", 2.0), ("eat", 1.0), ("sea", 0.75), ("the", 0.25)]


def test_terms_come_the_most_first_with_their_share_of_the_score() -> None:
    frame = terms_frame(list(reversed(TERMS)))
    assert frame["term"].tolist() == ["fish", "eat", "sea", "the"]
    assert frame["share"].tolist() == [2 / 4, 1 / 4, 0.75 / 4, 0.25 / 4]


def test_terms_beyond_the_most_are_one_row_so_that_the_sum_is_the_score() -> None:
    frame = terms_frame(TERMS, most=2)
    assert frame["term"].tolist() == ["fish", "eat", "2 other terms"]
    assert frame["contribution"].sum() == pytest.approx(fsum(value for _, value in TERMS))


def test_a_score_of_0_has_no_shares() -> None:
    assert terms_frame([("up", 1.0), ("down", -1.0)])["share"].isna().all()


def test_the_chart_says_the_score_or_that_nothing_is_shared() -> None:
    assert terms_chart(TERMS).to_dict()["title"] == "The bars add up to 4.000"
    assert terms_chart([]).to_dict()["title"] == "Query and passage share no term: the score is 0"
