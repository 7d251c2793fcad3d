"""The one door for a language model's answer: what it says in the end, apart from its thoughts, and why it may be none.

Whoever asks reads `ChatAnswer.text`, as a whole, and only where `problem` is empty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rerank_core.rerankers.services.llm.thoughts import split

_CUT = frozenset(
    {"length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded", "incomplete"}
)
_REFUSED = frozenset(
    {"content_filter", "refusal", "safety", "recitation", "blocklist", "prohibited_content", "spii", "sensitive"}
)
_BROKEN = frozenset({"error", "abort", "aborted", "cancelled", "network_error", "insufficient_system_resource"})
_THINKING_PARTS = re.compile(r"think|thought|reason|reflect|summary|analysis", re.IGNORECASE)
_THINKING_FIELDS = ("reasoning_content", "reasoning", "thinking", "reasoning_text")
# tokens of a chat template that a server left in the text
_LEFT_OVER = (
    r"(?:<[|｜][^<>|｜]{1,40}[|｜]?>|<[^<>|｜]{1,40}[|｜]>|</?s>|<(?:eos|bos|end_of_turn)>"
    r"|\[(?:BEGIN|END) FINAL RESPONSE\])"
)
_LEFT_AT_START, _LEFT_AT_END = re.compile(_LEFT_OVER), re.compile(rf"{_LEFT_OVER}\Z")
_LONGEST_MARK = 50
_ROLE = re.compile(r"assistant\s*(?::|\n)\s*", re.IGNORECASE)
_ANSWER_NAMES = r"(?:answer|response|output|final_?answer|final|solution|conclusion)"
_ANSWER_TAG = re.compile(rf"<\s*{_ANSWER_NAMES}\s*>", re.IGNORECASE)
_ANSWER_END = re.compile(rf"<\s*/\s*{_ANSWER_NAMES}\s*>\Z", re.IGNORECASE)
SPACE_MARKS = str.maketrans({"▁": " ", "Ġ": " ", "Ċ": "\n"})
"""For `str.translate`: how raw vocabularies write white space."""

MOST_ANSWER_TOKENS = 131_072
ANSWER_TOKENS = "Most tokens of an answer, its thoughts included: a model that thinks first needs"
"""How the setting of that name is explained wherever it stands, before how many."""

RAISE = 'raise max_answer_tokens ("Tokens of an answer"; thoughts count)'
"""What helps where an answer was cut."""


@dataclass(frozen=True, slots=True)
class Place:
    """One token of an answer, and how likely it and others were there: token -> log-probability."""

    token: str
    likely: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """What a language model answered in the end.

    `text`: the answer, stripped; "" where there is none. `thinking`: the thoughts, in the text or beside it; for people
    only. `cut`: it ended before the model was done. `refused`: the service says that it, or the model, refused (a
    refusal in words is a text like any other, see `answer_forms.refuses`). `problem`: why there is no answer, as what
    "it" did, such as "gave an empty answer"; "" where there is one. `places`: the tokens of the answer alone, in order;
    empty where the service gives none, or none that spell this answer. `input_tokens` and `output_tokens`: as the
    service counted them, None where it does not tell.
    """

    text: str
    thinking: str = ""
    cut: bool = False
    refused: bool = False
    problem: str = ""
    places: tuple[Place, ...] = ()
    input_tokens: int | None = None
    output_tokens: int | None = None


def read_answer(choice: Any, input_tokens: int | None = None, output_tokens: int | None = None) -> ChatAnswer:
    """The answer in one choice of a chat completion, as OpenAI's library gives it. Raises nothing."""
    message = _field(choice, "message")
    content, thinking, declined = _content(_field(message, "content"))
    thinking += [text for name in _THINKING_FIELDS if isinstance(text := _field(message, name), str) and text]
    halves = split(content)
    thinking += [content[: halves.start].strip()] if halves.start else []
    text = "" if halves.unclosed else _bare(content[halves.start :])
    finish = str(_field(choice, "finish_reason") or "").strip().lower()
    cut = finish in _CUT or finish in _BROKEN or halves.unclosed
    declined += [refusal] if isinstance(refusal := _field(message, "refusal"), str) and refusal.strip() else []
    refused = bool(declined) or finish in _REFUSED
    thought = "\n".join(thinking)
    return ChatAnswer(
        text=text,
        thinking=thought,
        cut=cut,
        refused=refused,
        problem=_problem(text, bool(thought), finish, cut, refused),
        places=_places(choice, text),
        input_tokens=input_tokens,
        output_tokens=output_tokens,
    )


def _problem(text: str, thought: bool, finish: str, cut: bool, refused: bool) -> str:
    if refused:
        return "refused to answer, or its service did (content filter)"
    if finish in _BROKEN:
        return f"broke off its answer (finish_reason {finish})"
    if cut and not text and finish not in _CUT:
        return f"stopped inside of its thoughts and gave no answer: {RAISE}"
    if cut and not text:
        return f"had used up its tokens before it answered{', all of them on its thoughts' * thought}: {RAISE}"
    if cut:
        return f"was cut before its answer ended: {RAISE}"
    if not text:
        return "gave its thoughts and no answer after them" if thought else "gave an empty answer"
    return ""


def _content(content: Any) -> tuple[str, list[str], list[str]]:
    """(text, thoughts, refusals) of a message's content: a text, typed parts, or nothing."""
    if isinstance(content, str):
        return content, [], []
    if isinstance(content, Mapping) and not {"type", "text"} & set(content):
        # an answer in JSON that a gateway has read already
        return json.dumps(content, ensure_ascii=False), [], []
    texts: list[str] = []
    thoughts: list[str] = []
    refusals: list[str] = []
    for part in content if isinstance(content, list) else [] if content is None else [content]:
        kind = str(_field(part, "type") or "")
        if _THINKING_PARTS.search(kind) or _field(part, "thought") is True:
            thoughts.append(_texts(part))
        elif kind == "refusal":
            refusals.append(_texts(part))
        elif isinstance(part, str) or kind in ("", "text", "output_text"):
            texts.append(_texts(part))
    return "".join(texts), [text for text in thoughts if text], refusals


def _field(part: Any, name: str) -> Any:
    return part.get(name) if isinstance(part, Mapping) else getattr(part, name, None)


def _texts(part: Any) -> str:
    """All text in a part, whatever the field is called that holds it."""
    if isinstance(part, str):
        return part
    if isinstance(part, list):
        return "".join(map(_texts, part))
    for name in ("text", "thinking", "reasoning", "value", "content", "refusal", "summary"):
        if (inner := _field(part, name)) is not None and inner is not part:
            return _texts(inner)
    return ""


def _bare(text: str) -> str:
    """An answer without what a template or a habit sets around it: stop tokens, <answer> tags."""
    text = _without_end(text).lstrip()
    while mark := _LEFT_AT_START.match(text):
        text = text[mark.end() :].lstrip()
    text = _ROLE.sub("", text, count=1) if _ROLE.match(text) else text
    tags = list(_ANSWER_TAG.finditer(text))
    if len(tags) > 1:
        return text
    # the model says itself where its answer stands; what follows the closing tag is kept, so that it counts
    start = tags[0].end() if tags else 0
    return _ANSWER_END.sub("", text[start:]).strip()


def _without_end(text: str) -> str:
    """The text without white space and stop tokens at its end."""
    text = text.rstrip()
    while mark := _LEFT_AT_END.search(text, max(0, len(text) - _LONGEST_MARK)):
        text = text[: mark.start()].rstrip()
    return text


def _places(choice: Any, text: str) -> tuple[Place, ...]:
    """The tokens that spell `text`, out of those of the whole reply; none where they cannot be found for certain."""
    tokens = getattr(getattr(choice, "logprobs", None), "content", None)
    places = [_place(entry) for entry in tokens] if isinstance(tokens, list) else []
    spelled = "".join(place.token for place in places)
    halves = split(spelled)
    if not text or halves.unclosed:
        return ()
    if _bare(spelled[halves.start :]) == text:
        start = spelled.index(text, halves.start)
    else:
        # thoughts without a mark, which the service has taken out of the text
        spelled = _without_end(spelled)
        start = len(spelled) - len(text)
        if not spelled.endswith(text):
            return ()
    end, at, of_answer = start + len(text), 0, []
    for place in places:
        here, at = at, at + len(place.token)
        if at > start and here < end:
            lead = len(place.token) - len(place.token.lstrip())
            if here + lead < start:
                return ()  # a token of which only a part belongs to the answer
            of_answer.append(place)
    return tuple(of_answer)


def _place(entry: Any) -> Place:
    tops: Iterable[Any] = getattr(entry, "top_logprobs", None) or []
    token = str(getattr(entry, "token", "")).translate(SPACE_MARKS)
    likely: dict[str, float] = {}
    for top in tops:
        name, value = getattr(top, "token", None), getattr(top, "logprob", None)
        if isinstance(name, str) and isinstance(value, int | float):
            likely[name] = float(value)
    return Place(token, likely)
