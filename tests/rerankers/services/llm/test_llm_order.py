"""An order is read from the whole answer, and put right by RankGPT's rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.rerankers.services.llm.order import permutation

THREE_TWO_ONE = [
    "[3] > [2] > [1]", "[3]>[2]>[1].", "3 > 2 > 1", "[3], [2], [1]", "3, 2, 1", "[3], [2], and [1]", "[3] [2] [1]",
    "[3][2][1]", "[3] = [2] > [1]", "[3] >> [2] >> [1]", "[3] -> [2] -> [1]", "[3] → [2] → [1]", "[3] ≻ [2] ≻ [1]",
    "[3]、[2]、[1]", "［３］＞［２］＞［１］", "[3] &gt; [2] &gt; [1]", "(3) > (2) > (1)", "#3 > #2 > #1",
    "Passage 3 > Passage 2 > Passage 1", "[Passage 3] > [Passage 2] > [Passage 1]", "**[3] > [2] > [1]**",
    "`[3] > [2] > [1]`", "[3]\n[2]\n[1]", "3\n2\n1", "- [3]\n- [2]\n- [1]", "1. [3]\n2. [2]\n3. [1]",
    "1. 3\n2. 2\n3. 1",
    "[3] >\n[2] >\n[1]", "[3] > [2]\n> [1]", "[3, 2, 1]", '["3", "2", "1"]', '["[3]", "[2]", "[1]"]',
    '{"ranking": [3, 2, 1]}', '{"order": "[3] > [2] > [1]"}', '[{"id": 3}, {"id": 2}, {"id": 1}]',
    '{"scores": [1, 2, 3], "ranking": [3, 2, 1]}', "```\n[3] > [2] > [1]\n```", "```json\n[3, 2, 1]\n```",
    "Here is the order:\n```\n[3] > [2] > [1]\n```", "Final answer: [3] > [2] > [1]",
    "**Final answer:** [3] > [2] > [1]", "Final answer:\n[3] > [2] > [1]", "Ranking: 3, 2, 1",
    "The final order is [3] > [2] > [1]", "Sure! Here are the 3 passages: [3] > [2] > [1].",
    "Here is the ranking:\n\n[3] > [2] > [1]", "Here are the passages in order of relevance: [3] > [2] > [1]",
    "Ranking:\n1. [3]\n2. [2]\n3. [1]", "Final ranking (best first): [3] > [2] > [1]",
    "Passage [1] is on fruit, [2] on Germany.\n\nFinal answer: [3] > [2] > [1]",
    "[3] > [2] > [1]\n\nExplanation: [1] is on fruit.", "\\boxed{[3] > [2] > [1]}",
]  # fmt: skip
NO_ORDER = [
    "", "I cannot do that.", "I'm sorry, I can't help with that.", "I cannot rank these: [1] > [2] > [3]",
    "Passage [1] is on fruit, [2] on Germany, [3] answers it.", "The format would be: [2] > [3] > [1]",
    "[1] > [2] > [3]\n[3] > [2] > [1]", "[1] > [2] > [3]\nWait, no.\n[3] > [2] > [1]",
    "Ranking: [1] > [2] > [3]\nRanking: [3] > [2] > [1]", "[3] > [2] because [1] is worse", "[3] > ... > [1]",
    "There are 3 passages.", "In 2024, 3 > 2", "1-3", "3", "[9] > [8]", "[]", "{}", "[0.5, 0.2]", "[true]", "null",
    "Scores: 3, 2, 1", '{"scores": [3, 2, 1]}', "Original order: [1] > [2] > [3]", "[1](http://x) > [2]",
    '{"a": [1, 2], "b": [2, 1]}',
]  # fmt: skip


@pytest.mark.parametrize("text", THREE_TWO_ONE)
def test_an_order_may_be_written_in_many_ways(text: str) -> None:
    assert permutation(text, 3) == ([2, 1, 0], {})


@pytest.mark.parametrize("text", NO_ORDER)
def test_numbers_in_anything_else_are_no_order(text: str) -> None:
    assert permutation(text, 3) is None


@pytest.mark.parametrize(
    ("text", "order", "repairs"),
    [
        ("[2] > [3]", [1, 2, 0], {"missing": 1}),
        ("[3]", [2, 0, 1], {"missing": 2}),
        ("[2] > [2] > [1] > [3]", [1, 0, 2], {"repeated": 1}),
        ("[4] > [2] > [0] > [1] > [3]", [1, 0, 2], {"out_of_range": 2}),
        ("[ 2 ] > [99999999999999999999] > [1]", [1, 0, 2], {"out_of_range": 1, "missing": 1}),
    ],
)
def test_orders_are_put_right_by_the_rule_of_the_paper_and_counted(text, order, repairs) -> None:
    assert permutation(text, 3) == (order, repairs)


@given(st.text("[]0123456789 >,\n", max_size=80), st.integers(0, 30))
def test_any_answer_comes_out_as_a_permutation_or_as_no_order(text: str, count: int) -> None:
    found = permutation(text, count)
    assert found is None or sorted(found[0]) == list(range(count))
