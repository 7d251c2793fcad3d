"""Token alignment as a table and a heat map."""

from __future__ import annotations

import pytest

from rerank_core.rerankers.family import Alignment
from rerank_core.views.alignment import alignment_chart, alignment_frame

ALIGNMENT = Alignment(("fish", "eats"), ("who", "fish", "who"), ((0.1, 0.9, 0.2), (0.3, 0.1, 0.5)))


def test_every_pair_of_tokens_has_a_row_and_equal_tokens_stay_apart() -> None:
    frame = alignment_frame(ALIGNMENT)
    assert len(frame) == 2 * 3
    assert frame["passage"].unique().tolist() == ["0001 who", "0002 fish", "0003 who"]
    assert frame["similarity"].tolist() == [0.1, 0.9, 0.2, 0.3, 0.1, 0.5]


def test_the_match_that_counts_is_marked_once_a_query_token_and_they_add_up_to_the_score() -> None:
    frame = alignment_frame(ALIGNMENT)
    counted = frame[frame["best"]]
    assert counted[["query_token", "passage"]].values.tolist() == [["fish", "0002 fish"], ["eats", "0003 who"]]
    assert counted["similarity"].sum() == pytest.approx(0.9 + 0.5)


def test_a_long_passage_keeps_its_matches_in_the_order_of_the_text_and_says_what_is_left_out() -> None:
    frame = alignment_frame(ALIGNMENT, most=2)
    assert frame["passage"].unique().tolist() == ["0002 fish", "0003 who"]
    assert alignment_chart(ALIGNMENT, most=2).to_dict()["title"] == (
        "The framed cells add up to 1.400; 1 passage tokens are not shown"
    )


def test_matches_that_count_are_shown_before_tokens_with_a_higher_second_match() -> None:
    # "who" is the second match of "fish" at 0.8, and still higher than the match of "eats"
    alignment = Alignment(("fish", "eats"), ("who", "fish", "dine"), ((0.8, 0.9, 0.0), (0.1, 0.0, 0.3)))
    assert alignment_frame(alignment, most=2)["passage"].unique().tolist() == ["0002 fish", "0003 dine"]


def test_a_passage_without_tokens_is_an_empty_picture() -> None:
    nothing = Alignment(("fish",), (), ((),))
    assert alignment_frame(nothing).empty
    assert alignment_chart(nothing).to_dict()["title"] == "The framed cells add up to 0.000"


def test_the_longest_alignment_stays_within_what_altair_draws() -> None:
    long = Alignment(("q",) * 32, ("t",) * 500, ((0.5,) * 500,) * 32)
    assert len(alignment_frame(long)) == 32 * 120
    alignment_chart(long).to_dict()
