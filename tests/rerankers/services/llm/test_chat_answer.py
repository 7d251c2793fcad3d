"""The one door for a language model's answer: thoughts, typed parts, cuts, refusals, and the answer's own tokens."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.judging.llm.prompt import prompt
from rerank_core.rerankers.services.llm.chat_answer import ChatAnswer, read_answer
from rerank_core.rerankers.services.llm.order import permutation
from rerank_core.rerankers.services.llm.verdict import read_verdict

# how models set their thoughts ({0}) apart from their answer ({1})
MARKED = {
    "think": "<think>{0}</think>\n\n{1}",
    "opened in the prompt": "{0}\n</think>\n\n{1}",
    "upper case": "<THINK>{0}</THINK>{1}",
    "thinking": "<thinking>{0}</thinking>{1}",
    "thought": "<thought>\n{0}\n</thought>\n{1}",
    "reasoning": "<reasoning>{0}</reasoning>{1}",
    "reflection": "<thinking>{0}</thinking>\n<reflection>no</reflection>\n{1}",
    "scratchpad": "<scratchpad>{0}</scratchpad>{1}",
    "inner monologue": "<inner_monologue>{0}</inner_monologue>{1}",
    "chain of thought": "<chain_of_thought>{0}</chain_of_thought>{1}",
    "magistral": "[THINK]{0}[/THINK]{1}",
    "gpt-oss": "<|channel|>analysis<|message|>{0}<|end|><|start|>assistant<|channel|>final<|message|>{1}<|return|>",
    "gpt-oss, JSON": "<|channel|>analysis<|message|>{0}<|end|><|channel|>final <|constrain|>json<|message|>{1}",
    "gpt-oss without its tokens": "analysisWe see {0}assistantfinal{1}",
    "gemma 4": "<|channel>thought\n{0}<channel|>{1}<turn|>",
    "seed": "<seed:think>{0}</seed:think>{1}",
    "a name space": "<mm:think>{0}</mm:think>{1}",
    "kimi": "◁think▷{0}◁/think▷{1}",
    "cohere": "<|START_THINKING|>{0}<|END_THINKING|><|START_RESPONSE|>{1}<|END_RESPONSE|>",
    "sky": "<|begin_of_thought|>{0}<|end_of_thought|>\n<|begin_of_solution|>{1}<|end_of_solution|>",
    "hunyuan": "<think_never_used_51bce0c785ca2f68>{0}</think_never_used_51bce0c785ca2f68><answer>{1}</answer>",
    "glm": "<think>{0}</think><|begin_of_box|>{1}<|end_of_box|>",
    "marco": "<Thought>{0}</Thought><Output>{1}</Output>",
    "an answer tag alone": "{0}<answer>{1}</answer>",
    "an answer tag opened in the prompt": "<think>{0}</think>{1}</answer>",
    "full-width": "＜ｔｈｉｎｋ＞{0}＜／ｔｈｉｎｋ＞{1}",
    "deepseek's bars": "<｜think｜>{0}<｜/think｜>{1}",
    "with an attribute": '<think time="3">{0}</think>{1}',
    "escaped for HTML": "&lt;think&gt;{0}&lt;/think&gt;{1}",
    "escaped for JSON": "<think>{0}<\\/think>{1}",
    "with blanks": "< think >{0}</ think >{1}",
    "start and end": "<|thinking_start|>{0}<|thinking_end|>{1}",
    "granite": "Here is my thought process: {0}\n\nHere is my response: {1}",
    "apriel": "Here are my reasoning steps:\n{0}\n[BEGIN FINAL RESPONSE]\n{1}\n[END FINAL RESPONSE]",
    "ollama": "Thinking...\n{0}\n...done thinking.\n\n{1}",
    "nested": "<think>a<think>{0}</think>b</think>{1}",
    "nested, one never closed": "<think>a <think> {0}</think>{1}",
    "a stop token after": "<think>{0}</think>{1}<|im_end|>",
}
ANSWERS = ["Yes", "[3] > [2] > [1]", "match: 3\ngrade: 3", '{"grade": 3}', "(no)", "I'm sorry, I can't help with that."]
DRAFT = "no, perhaps yes. [1] > [2] > [3]\ngrade: 1\nyes"
JUDGE = prompt([(grade, f"name {grade}", "") for grade in range(4)], 300)


def reply(content: Any = None, finish: str = "stop", tokens: list[Any] | None = None, **message: Any) -> Any:
    """A choice of a chat completion; `tokens`: (token, {token: log-probability})."""
    places = [
        SimpleNamespace(token=token, top_logprobs=[SimpleNamespace(token=t, logprob=p) for t, p in likely.items()])
        for token, likely in tokens or []
    ]
    logprobs = SimpleNamespace(content=places) if tokens is not None else None
    return SimpleNamespace(message=SimpleNamespace(content=content, **message), finish_reason=finish, logprobs=logprobs)


def readings(answer: ChatAnswer) -> tuple[Any, ...]:
    return (answer.problem, read_verdict(answer.text), permutation(answer.text, 3), JUDGE.read(answer.text).grade)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("marked", MARKED.values(), ids=MARKED)
def test_what_a_model_thinks_is_not_its_answer(marked: str, answer: str) -> None:
    found = read_answer(reply(marked.format(DRAFT, answer)))
    assert (found.text, found.problem, found.cut) == (answer, "", False)
    if marked.index("{0}") < marked.index("{1}") and "<answer>" not in marked:
        assert "perhaps yes" in found.thinking


DRAFTS = [
    "yes",
    "no",
    "[1] > [2]",
    "[2]",
    "grade: 1",
    "\n",
    "<b>",
    " ",
    '{"answer": "no"}',
    "<think>",
    "</think>",
    "```",
]


@given(
    st.one_of(st.text(max_size=60), st.lists(st.sampled_from(DRAFTS), max_size=8).map("".join)),
    st.sampled_from([marked for name, marked in MARKED.items() if name != "an answer tag alone"]),
    st.sampled_from(ANSWERS),
)
def test_any_thought_in_any_mark_leaves_the_reading_of_the_answer_as_it_is(
    thought: str, marked: str, answer: str
) -> None:
    assert readings(read_answer(reply(marked.format(thought, answer)))) == readings(read_answer(reply(answer)))


@pytest.mark.parametrize(
    "marked", [one for one in MARKED.values() if not one.startswith("{0}")], ids=lambda one: one[:24]
)
@pytest.mark.parametrize("finish", ["stop", "length"])
def test_a_thought_that_is_never_closed_is_no_answer(marked: str, finish: str) -> None:
    found = read_answer(reply(marked.partition("{0}")[0] + DRAFT, finish))
    assert (found.text, found.cut) == ("", True)
    assert "raise max_answer_tokens" in found.problem


@pytest.mark.parametrize(
    ("content", "text", "thinking"),
    [
        ("plain", "plain", ""),
        ([{"type": "text", "text": "Yes"}], "Yes", ""),
        (
            [
                {"type": "thinking", "thinking": [{"type": "text", "text": "no, no"}]},
                {"type": "text", "text": "Ye"},
                {"type": "text", "text": "s"},
            ],
            "Yes",
            "no, no",
        ),
        ([{"type": "thinking", "thinking": "no", "signature": "x"}, {"type": "text", "text": "Yes"}], "Yes", "no"),
        ([{"type": "reasoning", "summary": [{"type": "summary_text", "text": "no"}]}, "Yes"], "Yes", "no"),
        ([{"type": "redacted_thinking", "data": "xx"}, {"type": "output_text", "text": "Yes"}], "Yes", ""),
        ([{"text": "no", "thought": True}, {"text": "Yes"}], "Yes", "no"),
        ([{"type": "text", "text": {"value": "Yes", "annotations": []}}], "Yes", ""),
        ([{"type": "text", "text": "<think>no</think>Yes"}], "Yes", "<think>no</think>"),
        ([{"type": "image_url", "image_url": {"url": "x"}}, {"type": "text", "text": "Yes"}], "Yes", ""),
        ([SimpleNamespace(type="text", text="Yes")], "Yes", ""),
        ({"type": "text", "text": "Yes"}, "Yes", ""),
        ({"answer": "yes"}, '{"answer": "yes"}', ""),
        (["Y", "es"], "Yes", ""),
    ],
)
def test_content_in_parts_is_the_text_of_the_text_parts(content: Any, text: str, thinking: str) -> None:
    found = read_answer(reply(content))
    assert (found.text, found.thinking, found.problem) == (text, thinking, "")


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking"])
def test_thoughts_in_a_field_of_their_own_are_kept_apart(field: str) -> None:
    found = read_answer(reply("Yes", **{field: "no, no"}))
    assert (found.text, found.thinking) == ("Yes", "no, no")
    assert read_answer(reply(None, **{field: "Yes"})).problem == "gave its thoughts and no answer after them"


@pytest.mark.parametrize("empty", [None, "", " \n", [], {}.get("x"), [{"type": "text", "text": ""}], 7, "<|im_end|>"])
def test_no_text_is_no_answer(empty: Any) -> None:
    found = read_answer(reply(empty))
    assert (found.text, found.problem) == ("", "gave an empty answer")


@pytest.mark.parametrize("finish", ["length", "max_tokens", "MAX_TOKENS", "model_length"])
def test_an_answer_that_was_cut_says_so_and_which_setting_raises_it(finish: str) -> None:
    found = read_answer(reply("grade: 1", finish))
    assert found.cut
    assert found.problem.startswith("was cut before its answer ended: raise max_answer_tokens")
    thought = read_answer(reply("", finish, reasoning_content="I wonder"))
    assert thought.problem.startswith(
        "had used up its tokens before it answered, all of them on its thoughts: raise max_answer_tokens"
    )


def test_an_answer_that_the_server_broke_off_says_how() -> None:
    assert "broke off its answer (finish_reason error)" in read_answer(reply("grade: 1", "error")).problem


@pytest.mark.parametrize(
    "choice",
    [
        reply("", "content_filter"),
        reply("Yes", "content_filter"),
        reply(None, "SAFETY"),
        reply(None, refusal="I can't help with that."),
        reply([{"type": "refusal", "refusal": "No."}]),
    ],
)
def test_what_the_service_calls_a_refusal_is_one(choice: Any) -> None:
    found = read_answer(choice)
    assert found.refused
    assert "refused to answer" in found.problem


YES = {"Yes": -0.1, "No": -2.3}
STRAY = {"<think>": -0.0, "Yes": -15.0, "No": -14.0}


@pytest.mark.parametrize(
    ("content", "tokens", "places"),
    [
        ("Yes", [("Yes", YES)], ["Yes"]),
        (" Yes.", [("\n", {}), (" Yes", YES), (".", {})], [" Yes", "."]),
        ("<think>no</think>\n\nYes", [("<think>", STRAY), ("no", STRAY), ("</think>", {}), ("\n\n", {}), ("Yes", YES)],
         ["Yes"]),
        ("no, no\n</think>\n\nYes", [("no, no\n", STRAY), ("</think>", {}), ("\n\nYes", YES)], ["\n\nYes"]),
        # the service took the thoughts out of the text, and left them among the tokens
        ("Yes", [("<think>", STRAY), ("no", STRAY), ("</think>", {}), ("Yes", YES), ("<|im_end|>", {})], ["Yes"]),
        ("Yes", [("no doubt", STRAY), ("Yes", YES)], ["Yes"]),
        ("Yes", [("▁Yes", YES), ("</s>", {})], [" Yes"]),
        ("Answer: yes", [("Answer", {}), (":", {}), (" yes", YES)], ["Answer", ":", " yes"]),
        # tokens that do not spell the answer say nothing of it
        ("Yes", [("<think>", STRAY)], []),
        ("Yes", [("<think>", STRAY), ("no", {})], []),
        ("Yes", [("<think>", STRAY), ("so it is ", {}), ("Yes", YES)], []),
        ("Yes", [("noYes", YES)], []),
        ("Yes", [], []),
        ("", [("Yes", YES)], []),
    ],
)  # fmt: skip
def test_only_the_tokens_that_spell_the_answer_count(content: str, tokens: list[Any], places: list[str]) -> None:
    assert [place.token for place in read_answer(reply(content, tokens=tokens)).places] == places
