"""What a service says of a request that it refuses: one short line, without keys, whatever form the answer has."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from rerank_core.rerankers.services.provider import RefusedError
from rerank_core.text import shortened

COHERE_PATH = "/v2/rerank"
_LONGEST = 200
# the services' names for the list of scores: an answer with one of them is no error
_SCORES = ("results", "data", "rankings")
_ERRORS = ("error", "errors", "message", "detail", "error_message", "msg", "reason", "status")
# of refused keys and accounts nothing is passed on: such a text is about the key
_ABOUT_KEYS = frozenset({401, 402, 403})
_ADDRESS = frozenset({301, 302, 303, 307, 308, 404, 405})
_KEYLIKE = re.compile(r"(?i)\bbearer\s+\S+|\b(?:sk|pk|pa|hf|jina|nvapi|key)[-_][\w*.-]{6,}")
# the server's own errors that say "never": not implemented, a loop, no room, and the like
_NEVER = frozenset({501, 505, 506, 507, 508, 510, 511})
# so many signs of a key in a row give it away, whatever stands around them
_PIECE = 8
# said by llama.cpp, LocalAI, vLLM and others with a 500, which would be tried again in vain
_TOO_LARGE = re.compile(
    r"(?i)\b(?:input|prompt|text|document|passage|query|sequence|request)\w*\b.{0,60}?"
    r"\b(?:too (?:large|long|big)|exceed\w*|longer than|larger than)"
    r"|maximum (?:context|sequence|input) length|physical batch size|context (?:size|length|window)"
)
_BUSY = re.compile(r"(?i)\brate\b|quota|per (?:second|minute|day)|time-?out|timed out|deadline")


def refusal(status: int, headers: Mapping[str, Any], content: bytes, url: str, key: str) -> RefusedError:
    """The error of an answer that is no 2xx; its text ends with the address where that may be what is wrong."""
    text = "" if status in _ABOUT_KEYS else service_text(content, key)
    final = status in _NEVER or (status >= 500 and bool(_TOO_LARGE.search(text)) and not _BUSY.search(text))
    if 300 <= status < 400 and (there := _short(_elsewhere(headers), key)):
        text = f"it sends us on to {there}, where we do not follow with a key"
    if status in _ADDRESS:
        text = f"{text}; " * bool(text) + f"the address tried is {url}"
        if "/v1" not in urlsplit(url).path:
            text += ", some servers want /v1 before the last part"
    return RefusedError(status, headers, text, final)


def error_of_answer(answer: Any, key: str) -> str:
    """The error inside of an answer that came with 200; "" where it has scores, or says nothing that can be told."""
    if not isinstance(answer, Mapping) or any(isinstance(answer.get(name), list) for name in _SCORES):
        return ""
    return _short(_text(answer), key)


def not_json(content: bytes) -> str:
    """What an answer is that is no JSON: "a web page", "empty" or "no JSON"."""
    start = content[:500].lstrip().lower()
    return "empty" if not start else "a web page" if start.startswith(b"<") else "no JSON"


def service_text(content: bytes, key: str) -> str:
    """What an answer says of its error, one short line without keys; "" where it says nothing that can be told."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        text = content.decode("utf-8", "replace")
        return "" if text.lstrip().startswith("<") else _short(text, key)
    return _short(_text(answer), key)


def _elsewhere(headers: Mapping[str, Any]) -> str:
    """Where a redirect points, without user, query and fragment, which may hold a secret; "" where it does not say."""
    target = next((str(value) for name, value in headers.items() if str(name).lower() == "location"), "")
    return re.sub(r"^(\w+:)?//[^/@]*@", r"\1//", re.split(r"[?#;]", target)[0])


def _text(answer: Any) -> str:
    """The first text under the usual names of an error, as deep as services put it; "" for none."""
    if isinstance(answer, str):
        return answer
    if isinstance(answer, list):
        return next((text for part in answer if (text := _text(part))), "")
    if isinstance(answer, Mapping):
        return next((text for name in _ERRORS if name in answer and (text := _text(answer[name]))), "")
    return ""


def _short(text: str, key: str) -> str:
    """One line of at most 200 characters that print; keys are taken out before it is cut, so that no half of one stays.

    A word that holds eight signs of our key in a row is taken for it: services mask keys in part, or change their case.
    """
    # marks that do not print go without a trace: they may stand in the middle of a key
    text = "".join(sign for sign in text if sign.isspace() or unicodedata.category(sign)[0] != "C")
    pieces = {key[start : start + _PIECE].lower() for start in range(max(1, len(key) - _PIECE + 1)) if key}
    words = ("[key]" if any(piece in word.lower() for piece in pieces) else word for word in text.split())
    text = _KEYLIKE.sub("[key]", " ".join(words))
    return shortened(text, _LONGEST)


def endpoint(base_url: str, last: str = "rerank") -> str:
    """The address to post to: `base_url` with "/rerank" after it, unless it ends so already.

    >>> endpoint("http://gpu:8000/v1/"), endpoint("http://gpu:8000/v1/rerank")
    ('http://gpu:8000/v1/rerank', 'http://gpu:8000/v1/rerank')
    """
    base = base_url.rstrip("/")
    return base if base.endswith(f"/{last}") else f"{base}/{last}"


def cohere_endpoint(base_url: str) -> str:
    """The address that Cohere's library posts to: its own path, however much of one was written after `base_url`.

    >>> cohere_endpoint("https://api.cohere.com/"), cohere_endpoint("https://api.cohere.com/v1")
    ('https://api.cohere.com/v2/rerank', 'https://api.cohere.com/v2/rerank')
    """
    without = base_url.rstrip("/").removesuffix("/rerank")
    return re.sub(r"/v\d+$", "", without).rstrip("/") + COHERE_PATH
