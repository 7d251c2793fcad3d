"""Router: what a query looks like, or how sure the first stage is, decides which system ranks it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import regex

from rerank_core.errors import RerankLensError
from rerank_core.retrieval.first_stage_signals import SIGNALS, WORDS
from rerank_core.systems.composites.member_calls import MemberCalls, Outcome
from rerank_core.systems.composites.spec import BELOW, Condition, Router, signal_of
from rerank_core.text import count_units
from rerank_core.types import Query, Ranking

FIRST_STAGE = "first-stage"
"""The id of the candidates as they were found, which every composite may ask for."""
_QUESTION = re.compile(
    r"(who|whom|whose|what|when|where|why|which|how|is|are|was|were|do|does|did|can|could|should|would|will)\b", re.I
)
_WORD = re.compile(r"[^\W_]+")
_ORDINAL = re.compile(r"\d+(st|nd|rd|th|s)", re.I)
_CODE = re.compile(r"[^\W_]_[^\W_]|\w\(\)|\w::\w|\w->\w|\b[a-z]{2,}[A-Z]")


@dataclass(frozen=True, slots=True)
class Route:
    """The system that ranks a query; `rule` counts from 1 (0: none applied), `reason` is for a person."""

    system: str
    rule: int
    reason: str


def route(spec: Router, query: Query, first_stage: Ranking | None = None) -> Route:
    """The first rule whose conditions all hold for the query, else the default.

    `first_stage`: its candidates with their scores, which signals are read from; None: no signal can be read.
    """
    for number, rule in enumerate(spec.rules, 1):
        if all(_holds(condition, query, first_stage) for condition in rule.when):
            why = ", ".join(_said(condition, query, first_stage) for condition in rule.when)
            return Route(rule.system, number, f"{rule.system}, by rule {number}: {why}")
    return Route(spec.default, 0, f"{spec.default}, as no rule applies")


def router(spec: Router, query: Query, candidates: Ranking, calls: MemberCalls) -> Outcome:
    """The picked system's ranking as it is, with its scores and parts; the reason is the first note."""
    asks = any(signal_of(condition.feature) for rule in spec.rules for condition in rule.when)
    picked = route(spec, query, calls.rank(FIRST_STAGE, candidates) if asks else None)
    ranking = calls.rank(picked.system, candidates)
    scores = {doc.docid: doc.score for doc in ranking.docs}
    parts = {doc.docid: doc.parts for doc in ranking.docs}
    return Outcome(calls.placed(ranking.docids, scores, parts), (f"routed to {picked.reason}",))


def _holds(condition: Condition, query: Query, first_stage: Ranking | None) -> bool:
    signal = signal_of(condition.feature)
    if signal is None:
        return _HOLDS[condition.feature](query, condition.value)
    value = SIGNALS[signal](first_stage) if first_stage is not None else None
    if value is None:
        return False
    below = value < float(condition.value)
    return below if condition.feature.endswith(BELOW) else not below


def words(text: str) -> int:
    """How many words the text has; where there are no spaces, two characters count as one."""
    return count_units(text)


def has_digits(text: str) -> bool:
    """Whether any character is a decimal digit."""
    return any(character.isdecimal() for character in text)


def has_code(text: str) -> bool:
    """Whether a token looks like code, a product number or an error number.

    Four or more characters that mix letters and digits (not "20th" or "1990s"), snake_case, camelCase with two or more
    small letters in front, name(), a::b, a->b.
    """
    mixed = (
        len(word) >= 4
        and any(character.isalpha() for character in word)
        and any(character.isdecimal() for character in word)
        and not _ORDINAL.fullmatch(word)
        for word in _WORD.findall(text)
    )
    return any(mixed) or _CODE.search(text) is not None


def is_question(text: str) -> bool:
    """Whether it ends with a question mark or begins with an English question word ("who", "does" ...)."""
    stripped = text.strip()
    return stripped.endswith(("?", "？")) or _QUESTION.match(stripped) is not None


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern of the user's is found in the text. Raises RerankLensError where that takes too long."""
    try:
        # it gives way to other threads, which `re` does not, and a pattern that goes back without end is ended
        return regex.search(pattern, text, timeout=PATTERN_SECONDS, concurrent=True) is not None
    except TimeoutError as error:
        raise RerankLensError(
            f"The pattern {pattern!r} takes too long on the query '{text[:60]}'. "
            "Write it without a repetition within a repetition."
        ) from error


PATTERN_SECONDS = 1.0
_HOLDS: dict[str, Callable[[Query, Any], bool]] = {
    "min_words": lambda query, value: words(query.text) >= value,
    "max_words": lambda query, value: words(query.text) <= value,
    "has_digits": lambda query, value: has_digits(query.text) is value,
    "has_code": lambda query, value: has_code(query.text) is value,
    "is_question": lambda query, value: is_question(query.text) is value,
    "tag": lambda query, value: value in query.tags,
    "regex": lambda query, value: matches(value, query.text),
}

_NAMES = {"has_digits": "digits", "has_code": "a token like code", "is_question": "the form of a question"}


def _said(condition: Condition, query: Query, first_stage: Ranking | None) -> str:
    value = condition.value
    if (signal := signal_of(condition.feature)) is not None and first_stage is not None:
        bound = "below" if condition.feature.endswith(BELOW) else "at least"
        return f"{WORDS[signal]} {SIGNALS[signal](first_stage):.3g} ({bound} {float(value):.3g})"
    if condition.feature in ("min_words", "max_words"):
        bound = "at least" if condition.feature == "min_words" else "at most"
        return f"{words(query.text)} words ({bound} {value})"
    if condition.feature in _NAMES:
        return f"it has {'' if value else 'not '}{_NAMES[condition.feature]}"
    return f"it has the tag {value!r}" if condition.feature == "tag" else f"it matches {value!r}"
