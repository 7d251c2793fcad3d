"""Figures of an answer, from judgments that are given."""

from __future__ import annotations

import pytest

from rerank_core.judging.llm.answers import context_precision, faithfulness


def test_faithfulness_is_the_share_of_supported_statements():
    assert faithfulness([True, True, False, True]) == 3 / 4
    assert faithfulness([False]) == 0


def test_an_answer_that_states_nothing_has_no_faithfulness():
    assert faithfulness([]) is None


def test_context_precision_rewards_useful_passages_that_stand_early():
    assert context_precision([True, False, True]) == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert context_precision([False, True, True]) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert context_precision([True, True, False]) == 1


def test_without_a_useful_passage_there_is_no_context_precision():
    assert context_precision([False, False]) is None
    assert context_precision([]) is None
