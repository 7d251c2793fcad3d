"""Parameters of a chat request that a server may not know: which of them it refused, and what is sent instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Refused = frozenset[str]
"""Names of parameters that a server refused."""

_FORBIDDEN = 403
REFUSALS = frozenset({400, _FORBIDDEN, 422})
"""HTTP status with which servers refuse a parameter: OpenAI's 400, pydantic's 422, and 403 for log-probabilities."""

_LIMITS = ("max_tokens", "max_completion_tokens")
_FEW = 5  # what servers allow for top_logprobs that do not allow 20
# where a request is refused without a name: what newer models of OpenAI refuse, then all
_UNNAMED = ({"max_tokens"}, {"max_tokens", "temperature"}, {*_LIMITS, "temperature", "logprobs"})
_OF_PARAMETERS = re.compile(
    r"parameter|argument|field|propert|support|un(?:known|recogni[sz]ed|expected|processable)|extra|permitted|allowed"
    r"|schema|validat|bad request|invalid (?:request|json|body|value)",
    re.IGNORECASE,
)
_OF_THE_TEXT = re.compile(
    r"context[ _-]?(?:length|window|size)|(?:prompt|input|messages?|text)\b.{0,30}too (?:long|large)"
    r"|content.{0,12}(?:policy|filter|management)|moderation",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is read of an error, and all of it that is kept: nothing of its own text.

    `names`: the parameters that were sent and that it names. `unclear`: it names none and may still be about them; not
    so where it says that the texts are too long, that a filter caught them, or that we may not ask.
    """

    names: Refused
    unclear: bool


def read_refusal(error: Exception, sent: Mapping[str, Any]) -> Refusal:
    """What an error of OpenAI's library says of the parameters in `sent`."""
    text = " ".join(_texts(getattr(error, "body", None)))
    of_the_text = _OF_THE_TEXT.search(text) is not None
    names = frozenset(name for name in sent if not of_the_text and re.search(rf"\b{name}\b", text))
    forbidden = getattr(error, "status_code", None) == _FORBIDDEN
    about_them = not text.strip() or _OF_PARAMETERS.search(text) is not None
    return Refusal(names, not names and not of_the_text and not forbidden and about_them)


def fitted(wanted: Mapping[str, Any], refused: Refused) -> dict[str, Any]:
    """The parameters to send. A refused `max_tokens` is sent as `max_completion_tokens`, its newer name."""
    sent = {name: value for name, value in wanted.items() if name not in refused}
    if "max_tokens" in wanted and "max_tokens" in refused and "max_completion_tokens" not in refused:
        sent["max_completion_tokens"] = wanted["max_tokens"]
    if "logprobs" in refused:
        sent.pop("top_logprobs", None)
    elif "top_logprobs" in refused and "top_logprobs" in wanted:
        sent["top_logprobs"] = min(_FEW, wanted["top_logprobs"])
    return sent


def left_out(wanted: Mapping[str, Any], refused: Refused) -> list[str]:
    """In words, what of `wanted` is not sent in any form."""
    sent = fitted(wanted, refused)
    words = {"temperature": "temperature", "max_tokens": "the limit of tokens", "logprobs": "log-probabilities"}
    gone = {"max_tokens": not set(_LIMITS) & set(sent)}
    return [word for name, word in words.items() if name in wanted and gone.get(name, name not in sent)]


def next_refused(refused: Refused, names: Refused, sent: Mapping[str, Any]) -> Refused:
    """What counts as refused once the server named `names` of what was `sent`."""
    if "top_logprobs" in names and ("top_logprobs" in refused or sent.get("top_logprobs", 0) <= _FEW):
        names |= {"logprobs"}
    return refused | names


def unnamed(refused: Refused) -> Iterator[Refused]:
    """What to take for refused, one after the other, where the server refuses and names nothing."""
    for names in _UNNAMED:
        yield refused | names


def _texts(body: Any) -> Iterator[str]:
    """The texts in an error, without the request that some servers send back with it."""
    if isinstance(body, Mapping):
        for key, value in body.items():
            if key not in ("input", "ctx", "url"):
                yield from _texts(value)
    elif isinstance(body, list):
        for value in body:
            yield from _texts(value)
    elif isinstance(body, str):
        yield body
