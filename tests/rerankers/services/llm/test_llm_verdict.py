"""Yes or no is read from the whole answer, and its log-odds from the one token that says it."""

from __future__ import annotations

from math import log

import pytest

from rerank_core.rerankers.services.llm.chat_answer import Place
from rerank_core.rerankers.services.llm.verdict import log_odds, odds_of, read_verdict

YES = [
    "Yes", "yes.", "YES!", "**Yes**", '"yes"', "“Yes.”", "`yes`", "(Yes)", "[yes]", "- yes", "> Yes", "# Yes", "<yes>",
    "```\nyes\n```", "```yes```", "~~~\nyes\n~~~", '{"answer": "yes"}', '```json\n{"answer": "Yes"}\n```',
    'Here is the answer:\n```json\n{"answer": "yes"}\n```', '{"verdict": "yes", "reason": "it does not lack it"}',
    '{"relevant": true}', '[{"answer": "yes"}]', "Answer: yes", "**Answer:** Yes", "answer = yes", "Final answer: Yes.",
    "The answer is yes.", "Verdict - yes", "Judgment: **yes**", "Relevant: yes", "ＹＥＳ", "Ｙｅｓ。", "Answer：ｙｅｓ",
    "\u200byes\ufeff", "\\boxed{yes}", "The final answer is $\\boxed{\\text{Yes}}$.", "Yes, it does.",
    "Yes, the passage helps to answer the query.", "It names no price, but the rest.\nAnswer: yes",
    "Yes\n\nExplanation: no other passage says it.",
]  # fmt: skip
NEITHER = [
    "There is no doubt: yes.", "I cannot give a yes or no answer to this.", "Yes and no.", "yes/no", "Yes or no?",
    "No doubt.", "no?", "Not yes", "yesterday", "know", "", "It depends.", "maybe", "Yes, but no", "Yes\nNo",
    "I'm sorry, I can't help with that.", "No, I can't help with that.", "Answer: yes or no",
    "Answer: no\nWait.\nAnswer: yes", '{"answer": "yes", "answer": "no"}', '{"answer": "yes", "verdict": "no"}',
    '{"reason": "yes"}', '{"answer": null}', '{"answer": 1}', "The answer is no longer clear", "1", "true", "nein",
    "It is not clear whether\nthe answer is yes", "I can't say. An example:\nAnswer: yes", "Yes, it does not.",
    "No, it does.", "```\nyes\n```\n```\nno\n```", "One might say yes if it were about countries. But no",
]  # fmt: skip


@pytest.mark.parametrize("text", YES)
def test_a_whole_answer_that_says_yes_is_yes(text: str) -> None:
    assert read_verdict(text) == "yes"


@pytest.mark.parametrize(
    "text",
    [
        *("No", "no.", "Ｎｏ", "Answer: no", '{"answer": "No"}', '{"relevant": false}'),
        *("No, it does not.", "No, the passage does not help to answer the query."),
    ],
)
def test_a_whole_answer_that_says_no_is_no(text: str) -> None:
    assert read_verdict(text) == "no"


@pytest.mark.parametrize("text", NEITHER)
def test_a_word_in_a_sentence_is_no_verdict(text: str) -> None:
    assert read_verdict(text) is None


@pytest.mark.parametrize(
    ("likely", "odds"),
    [
        ({"yes": log(0.6), "no": log(0.3)}, log(0.6) - log(0.3)),
        ({"Yes": log(0.2), " yes": log(0.4), "NO": log(0.3)}, log(0.2 + 0.4) - log(0.3)),
        ({"▁Yes": log(0.2), "Ġyes": log(0.4), '"no': log(0.3)}, log(0.2 + 0.4) - log(0.3)),
        ({"yes": log(0.6), "maybe": log(0.1)}, log(0.6) - log(0.1)),
        ({"no": log(0.9), "nope": log(0.05)}, log(0.05) - log(0.9)),
        ({"yes": -9999.0, "no": 0.0}, -9999.0),
        ({"maybe": log(0.9)}, None),
        ({"yesterday": log(0.9)}, None),
        ({}, None),
    ],
)
def test_log_odds_by_hand(likely: dict[str, float], odds: float | None) -> None:
    assert log_odds(likely) == (None if odds is None else pytest.approx(odds))


def place(token: str, **likely: float) -> Place:
    return Place(token, likely)


@pytest.mark.parametrize(
    ("places", "odds"),
    [
        ([place(" Yes", Yes=-0.1, No=-2.1)], 2.0),
        ([place("**", Yes=-9.0, No=-1.0), place("Yes", Yes=-0.1, No=-2.1), place("**")], 2.0),
        ([place("Answer", no=-3.0), place(":"), place(" yes", yes=-0.5, no=-1.0)], 0.5),
        # the token that came is no verdict, whatever stood beside it
        ([place("<think>", Yes=-15.0, No=-14.0)], None),
        ([place("Y", Yes=-0.1, No=-2.1), place("es")], None),
        ([place("Yes", Yes=-0.1), place("\n"), place("Yes", Yes=-0.2)], None),
        ([], None),
    ],
)
def test_log_odds_are_those_of_the_token_that_is_the_verdict(places: list[Place], odds: float | None) -> None:
    assert odds_of(places, "yes") == (None if odds is None else pytest.approx(odds))
