"""What a language model wrote, read strictly: a remark, a refusal or a draft is never searched for."""

from __future__ import annotations

import re

from rerank_core.rerankers.services.llm.answer_forms import as_json, introduces, labelled, narrow, refuses, unfenced
from rerank_core.retrieval.query_variants.prompts import EXPAND, HYDE, REWRITE, SEVERAL
from rerank_core.retrieval.query_variants.query_variant import QueryVariant

LONGEST_QUERY, LONGEST_PASSAGE = 500, 8000
MOST_TERMS = 30
_MARKS = re.compile(r"\A(?:[-*•]|\d{1,2}[.):])\s+")
_QUOTES = ("\"'`*_“”„‘’«»", " \t")
_QUERY_LABEL = r"(?:the )?(?:new |rewritten |improved |final |better )?(?:search )?query"


class UnusableError(Exception):
    """Why an answer cannot be searched for, as what "it" did."""


def read_written(variant: QueryVariant, query: str, answer: str) -> tuple[str, ...]:
    """The texts that an answer holds: one for hyde and rewrite, at least one for several and expand.

    Raises UnusableError.
    """
    if not answer.strip():
        raise UnusableError("gave an empty answer")
    if refuses(answer):
        raise UnusableError("refused to write anything")
    if variant.kind == HYDE:
        return (_passage(answer),)
    lines = _lines(answer)
    if variant.kind == REWRITE:
        return (_rewritten(answer, lines),)
    if variant.kind == EXPAND:
        return _terms(lines, query)
    assert variant.kind == SEVERAL
    return _several(lines, variant.queries, query)


def _passage(answer: str) -> str:
    text = unfenced(answer)
    first, _, rest = text.partition("\n")
    if rest.strip() and introduces(first):
        text = rest
    passage = " ".join(text.split()).strip(_QUOTES[1])
    if not passage:
        raise UnusableError("gave an empty answer")
    if len(passage) > LONGEST_PASSAGE:
        raise UnusableError(f"gave {len(passage):,} characters where a short passage was asked for")
    return passage


def _lines(answer: str) -> list[str]:
    """The lines of an answer, or the texts of a JSON list, without numbers, bullets, quotes and an introduction."""
    value = as_json(narrow(answer))
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        found = list(value)
    else:
        found = [line for line in narrow(unfenced(answer)).splitlines() if line.strip()]
        if len(found) > 1 and found[0].rstrip().endswith(":") and introduces(found[0]):
            del found[0]
    return [line for each in found if (line := _bare(each))]


def _bare(line: str) -> str:
    text = _MARKS.sub("", " ".join(line.split()))
    stripped = text.strip(_QUOTES[0] + _QUOTES[1])
    # a quote that belongs to a word in the middle stays: only those around all of it go
    return stripped if text[:1] in _QUOTES[0] and text[-1:] in _QUOTES[0] else text.strip(_QUOTES[1])


def _rewritten(answer: str, lines: list[str]) -> str:
    named = labelled(answer, _QUERY_LABEL)
    if named is not None:
        lines = [_bare(named)]
    if len(lines) != 1:
        raise UnusableError(f"gave {len(lines)} lines where one query was asked for")
    return _short(lines[0])


def _several(lines: list[str], most: int, query: str) -> tuple[str, ...]:
    if len(lines) > most:
        raise UnusableError(f"gave {len(lines)} lines where {most} queries were asked for")
    others = {" ".join(line.split()).casefold(): _short(line) for line in lines}
    others.pop(" ".join(query.split()).casefold(), None)
    if not others:
        raise UnusableError("gave no other query")
    return tuple(others.values())


def _terms(lines: list[str], query: str) -> tuple[str, ...]:
    terms = {
        term.casefold(): _short(term) for line in lines for each in re.split(r"[,;]", line) if (term := _bare(each))
    }
    if len(terms) > MOST_TERMS:
        raise UnusableError(f"gave {len(terms)} terms where a few were asked for")
    if any(len(term.split()) > 8 for term in terms):
        raise UnusableError("gave sentences where terms were asked for")
    said = set(query.casefold().split())
    fresh = tuple(term for key, term in terms.items() if not set(key.split()) <= said)
    if not fresh:
        raise UnusableError("gave no term that is not in the query")
    return fresh


def _short(text: str) -> str:
    if len(text) > LONGEST_QUERY:
        raise UnusableError(f"gave {len(text):,} characters where a query was asked for")
    return text
