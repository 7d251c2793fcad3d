"""Yes or no, read from a whole answer; and how much likelier yes was than no, at the place of that word."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import exp, log
from typing import Any

from rerank_core.rerankers.services.llm.answer_forms import as_json, labelled, narrow, unexplained, unfenced
from rerank_core.rerankers.services.llm.chat_answer import SPACE_MARKS, Place

_SIGNS = " \t\n*_`~\"'“”‘’„«»「」『』.,!。．、:;()[]{}<>#>$\\-–—"
_LABEL = (
    r"(?:(?:my|the|so|final|short|one[- ]word|correct)[^\w\n]+)*"
    r"(?:answer|verdict|response|judge?ment|decision|relevan(?:t|ce))"
)
_KEYS = frozenset({"answer", "verdict", "response", "judgment", "judgement", "decision", "relevant", "result", "helps"})
# the question of the prompt, answered in a sentence: the rest must say the same as the word
_IT = r"(?:it|the passage|this passage)"
_ABOUT = r"(?: (?:to )?answer(?:s|ing)?)?(?: (?:the|this|your) (?:query|question))?"
_SENTENCES = {
    "yes": re.compile(rf"yes\W+{_IT} (?:does help|does|helps|answers|is relevant){_ABOUT}"),
    "no": re.compile(rf"no\W+{_IT} (?:does not help|does not|doesn['’]t help|doesn['’]t|is not relevant){_ABOUT}"),
}


def read_verdict(text: str) -> str | None:
    """The verdict, "yes" or "no", where the whole answer says so; None for any other answer.

    Allowed around the word: case, punctuation, bold, quotes, a fence, a label ("Answer: yes"), JSON with one such key,
    and an explanation that is marked as one or that stands before a last line with a label.

    >>> [read_verdict(text) for text in ("**Yes.**", "There is no doubt: yes.", '{"answer": "no"}')]
    ['yes', None, 'no']
    """
    text = narrow(text)
    value = as_json(text)
    if value is not None:
        return _of_json(value)
    body = unfenced(text)
    for form in (body, labelled(body, _LABEL), unexplained(body)):
        if form is not None and (verdict := _word(form)):
            return verdict
    return None


def _word(text: str) -> str | None:
    word = re.sub(rf"\A\W*{_LABEL}\b\W*(?:is\b\W*)?", "", text.strip(_SIGNS), flags=re.IGNORECASE)
    word = " ".join(word.strip(_SIGNS).lower().split())
    if word in _SENTENCES:
        return word
    return next((verdict for verdict, sentence in _SENTENCES.items() if sentence.fullmatch(word)), None)


def _of_json(value: Any) -> str | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        verdicts = [inner for key, inner in value.items() if str(key).strip().lower() in _KEYS]
        value = verdicts[0] if len(verdicts) == 1 else None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _word(value) if isinstance(value, str) else None


def odds_of(places: Sequence[Place], verdict: str) -> float | None:
    """The log-odds of yes at the one token of an answer that is its verdict; None where there is no such token.

    A verdict that is written in several tokens has none, and neither has one that stands twice.
    """
    of_verdict = [place for place in places if _token(place.token) == verdict]
    return log_odds(of_verdict[0].likely) if len(of_verdict) == 1 else None


def log_odds(likely: Mapping[str, float]) -> float | None:
    """log P(yes) - log P(no), each summed over its ways of writing; None where neither is among the tokens.

    A word that is not among the given tokens is less likely than the least likely of them, and is taken at that.
    """
    weights: dict[str, list[float]] = {"yes": [], "no": []}
    for token, logprob in likely.items():
        if (word := _token(token)) in weights:
            weights[word].append(logprob)
    if not any(weights.values()):
        return None
    least = min(likely.values())
    yes, no = (_sum(logprobs) if logprobs else least for logprobs in weights.values())
    return yes - no


def _sum(logs: Sequence[float]) -> float:
    """The logarithm of the sum of what these are the logarithms of."""
    top = max(logs)
    return top + log(sum(exp(value - top) for value in logs))


def _token(token: str) -> str:
    return narrow(token.translate(SPACE_MARKS)).strip(_SIGNS).lower()
