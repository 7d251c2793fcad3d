"""Where in a language model's text its thoughts end and its answer begins.

Models mark their thoughts in many ways: tags of several names, in several brackets, tokens of their own, or sentences.
Often only the closing mark comes, since the opening one stands in the prompt (DeepSeek-R1, Qwen3's thinking models). So
one rule holds for all of them: the answer is what follows the last mark that closes thoughts, and a mark that opens
thoughts after it means that no answer came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rerank_core.rerankers.services.llm.answer_forms import FULL_WIDTH

_NAMES = frozenset(
    {"think", "thinking", "thought", "thoughts", "reason", "reasoning", "reflect", "reflection", "reflecting", "cot"}
    | {"analysis", "scratchpad", "monologue", "rationale", "deliberation", "deliberate", "planning"}
)
# words that may stand beside the name in a mark: <|begin_of_thought|>, <inner_monologue>, <|START_THINKING|>
_BESIDE = frozenset(
    {"begin", "start", "open", "end", "stop", "close", "of", "inner", "internal", "my", "chain", "hidden", "model"}
)
_ENDS = frozenset({"end", "stop", "close"})
# in square brackets a word is more often just that, a link or a remark
_SQUARE = frozenset({"think", "thinking", "thought"})
_MARK = re.compile(
    r"(?P<open><|&lt;|\[|◁|⟨|〈|《|【)"
    r"(?P<name>[\s|/\\]{0,4}[a-z][\w:▁ .-]{1,70}?(?:[\s|/]{0,4}))"
    r"(?:\s[\w-]{1,20}=[^<>\[\]]{0,120})?\\?"
    r"(?:>|&gt;|\]|▷|⟩|〉|》|】)",
    re.IGNORECASE,
)
# gpt-oss (harmony): <|channel|>analysis<|message|>…<|channel|>final<|message|>; Gemma 4: <|channel>thought…<channel|>
_CHANNEL = re.compile(
    r"<\|channel\|?>\s*(?P<channel>[a-z]*)(?:[^<]{0,80}(?:<\|constrain\|>[^<]{0,40})?<\|message\|>)?|(?P<shut><channel\|>)",
    re.IGNORECASE,
)
_FINAL = frozenset({"final", "answer", "response"})
# harmony without its tokens; Granite 3.2; Apriel; ollama's own frame
_PLAIN_MARKS = tuple(
    (re.compile(opening, flags | re.MULTILINE), re.compile(closing, flags | re.MULTILINE))
    for opening, closing, flags in (
        (r"\A\s*analysis(?=[A-Z])", r"assistant\s*final", 0),
        (r"^[ \t]*here(?:'s| is) my thought process:", r"^[ \t]*here(?:'s| is) my response:", re.IGNORECASE),
        (r"^[ \t]*here are my reasoning steps:", r"\[begin final response\]", re.IGNORECASE),
        (r"\A\s*thinking\s*\.\.\.\s*$", r"^[ \t]*\.\.\.\s*done thinking\.?\s*$", re.IGNORECASE),
    )
)
_STARTS_ANSWER = re.compile(
    r"<\|start_response\|>|<\|start_text\|>|<\|begin[_ ]of[_ ]solution\|>|\[begin final response\]", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Split:
    """A text in two. `start`: where the answer begins, in characters; the thoughts are what stands before it.

    `unclosed`: thoughts were opened after that and never closed: there is no answer, and `start` is the text's end.
    """

    start: int
    unclosed: bool


def split(text: str) -> Split:
    """Where the answer begins in `text`: after the last mark that closes thoughts, at 0 where there is none."""
    # as many characters as before: places in one are places in the other
    folded = text.translate(FULL_WIDTH)
    opened: list[int] = []
    closed = [match.end() for match in _STARTS_ANSWER.finditer(folded)]
    for mark in _MARK.finditer(folded):
        kind = _kind(mark)
        if kind is not None:
            (closed if kind else opened).append(mark.end())
    for mark in _CHANNEL.finditer(folded):
        ends = mark["shut"] is not None or mark["channel"].lower() in _FINAL
        (closed if ends else opened).append(mark.end())
    for opening, closing in _PLAIN_MARKS:
        first = opening.search(folded)
        if first:
            opened.append(first.end())
            closed += [match.end() for match in closing.finditer(folded)]
    start = max(closed, default=0)
    unclosed = any(end > start for end in opened)
    return Split(len(text) if unclosed else start, unclosed)


def _kind(mark: re.Match[str]) -> bool | None:
    """True for a mark that closes thoughts, False for one that opens them, None for any other tag."""
    name = mark["name"].lower()
    # a namespace: <seed:think>, <thinking>
    words = re.findall(r"[a-z0-9]+", name.rpartition(":")[2])
    if mark["open"] == "[":
        link = mark.string.startswith("(", mark.end()) and "/" not in name
        named = len(words) == 1 and words[0] in _SQUARE and not link
    else:
        # <think_never_used_51bce0c7>: what follows the name is free
        named = bool(_NAMES & set(words)) and words[0] in _NAMES | _BESIDE
    if not named:
        return None
    return "/" in name or "\\" in name or bool(_ENDS & set(words))
