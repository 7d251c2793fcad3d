"""The contract on truncation, for the services of which we know how much they read."""

from __future__ import annotations

import pytest

from tests.rerankers.test_contract import (  # noqa: F401
    test_a_ranking_knows_how_many_tokens_were_cut,
    test_what_the_model_does_not_see_is_reported_and_changes_nothing,
)


@pytest.fixture(params=["cohere", "llm-logprobs", "llm-auto"])
def scorer(request: pytest.FixtureRequest, opened):
    return opened(request.param)
