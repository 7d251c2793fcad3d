"""Whatever a language model answers, reading it takes time that grows as the answer does."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from rerank_core.judging.llm.prompt import prompt
from rerank_core.rerankers.services.llm.answer_forms import labelled, narrow, refuses, unexplained, unfenced
from rerank_core.rerankers.services.llm.chat_answer import read_answer
from rerank_core.rerankers.services.llm.fence import without_tags
from rerank_core.rerankers.services.llm.order import permutation
from rerank_core.rerankers.services.llm.verdict import read_verdict
from rerank_core.rerankers.services.llm.words import first_words
from rerank_core.rerankers.services.refusal import not_json
from rerank_core.store.scales import PRESETS
from tests.corpus.test_linear_time import ATOMS as OTHER_ATOMS

SHORT, TIMES, ALLOWED = 2_000, 8, 30
QUICK = 0.02
ATOMS = {
    **OTHER_ATOMS,
    **{
        one: one
        for one in (
            "[1] > ", "1, ", "[1]\n", "1. [2]\n", "grade: 1\n", "grade ", "final ", "relevance ", "<grade>1",
            "</grade>", "<think>", "</think>", "<|channel|>", "<|channel|>final<|message|>", "[think]", "assistant\n",
            "analysis", "thinking ...\n", "Answer: ", "answer: yes\n", "the final answer is ", "is ", "yes ", "no, ",
            "sorry, ", "I'm ", "i ' ", "$", "\\boxed{", "\\boxed{\\text{1}} ", "{", "{\"a\":1,", "[\"", "note: ",
            "\n- explanation", "*", "`", "```a\n", "<　", "< / ", "<ans", "```json\n", "Here is the ranking: ",
            "so the ", "the\n", "my\n", "so,\n", "<a b=c ", "..done thinking", "here's my thought process:\n",
        )
    },
}  # fmt: skip
JUDGE = prompt([tuple(one) for one in PRESETS["0 to 3"]], 100)
_LABEL = r"(?:the[^\w\n]+)*(?:answer|ranking)"
READERS: dict[str, Callable[[str], object]] = {
    "answer": lambda text: read_answer(SimpleNamespace(message=SimpleNamespace(content=text), finish_reason="stop")),
    "order": lambda text: permutation(text, 20),
    "verdict": read_verdict,
    "grade": JUDGE.read,
    "narrow": narrow,
    "refuses": refuses,
    "labelled": lambda text: labelled(text, _LABEL),
    "unexplained": unexplained,
    "unfenced": unfenced,
    "words": lambda text: first_words(text, 100_000),
    "fence": without_tags,
    "no JSON": lambda text: not_json(text.encode()),
}


@pytest.mark.parametrize("reader", READERS)
def test_time_grows_as_the_answer_does(reader: str):
    read = READERS[reader]
    for name, atom in ATOMS.items():
        for before, end in (("", ""), ("Answer: ", "\x00"), ("```\n", "\n```")):
            texts = [before + atom * (size // len(atom)) + end for size in (SHORT, SHORT * TIMES)]
            if _seconds(read, texts[1]) < QUICK:
                continue
            short, long = (min(_seconds(read, text) for _ in "twice") for text in texts)
            assert long < ALLOWED * max(short, 0.0005), (
                f"{reader} of {before!r} {name}: {short:.4f} s, then {long:.4f} s"
            )


def _seconds(read: Callable[[str], object], text: str) -> float:
    """Of the process alone: others may be at work."""
    started = time.process_time()
    read(text)
    return time.process_time() - started


def test_a_grade_of_thousands_of_digits_is_a_problem_and_no_fault():
    for reply in (
        "grade: " + "9" * 5_000,
        '{"grade": "' + "9" * 5_000 + '"}',
        "9" * 5_000,
        "grade: " + "9" * 5_000 + ".5",
    ):
        answer = JUDGE.read(reply)
        assert answer.grade is None
        assert 0 < len(answer.problem) < 200
