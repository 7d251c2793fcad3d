"""The contract of every family, run over the services."""

from __future__ import annotations

import pytest

from tests.rerankers.services.conftest import SCORING
from tests.rerankers.test_contract import (  # noqa: F401
    test_empty_texts_and_an_empty_query_have_a_score,
    test_equal_texts_get_equal_scores,
    test_no_texts_give_no_scores,
    test_one_text_scores_as_it_does_among_others,
    test_scores_are_python_floats_one_for_each_text_and_finite,
    test_scores_differ_between_texts,
    test_scores_follow_the_order_of_the_texts,
    test_the_same_call_twice_gives_the_same_answer,
    test_two_hundred_texts_are_scored,
)


@pytest.fixture(params=SCORING)
def scorer(request: pytest.FixtureRequest, opened):
    return opened(request.param)
