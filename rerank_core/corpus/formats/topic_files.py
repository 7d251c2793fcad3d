"""Topics as TREC keeps them: `<top>` blocks with <num> and <title>, or XML with a `<topic number="...">` each."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

from rerank_core.corpus.formats.lines import read_text
from rerank_core.corpus.formats.record import as_id
from rerank_core.errors import BadInputError
from rerank_core.types import Query

_START = re.compile(r"<top(?:ic)?[\s>]", re.IGNORECASE)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_BLOCK = re.compile(r"<(top|topic)(\s[^>]*)?>(.*?)(?:</\1\s*>|(?=<\1[\s>])|\Z)", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"""\s(?:number|num|id|qid)\s*=\s*["']([^"']*)["']""", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_NUMBER_TAGS = ("num", "number", "identifier", "id", "qid")
_TEXT_TAGS = ("title", "query", "question")
_NOTE_TAGS = ("desc", "description")
_LABEL = re.compile(r"\s*(?:Number|Topic|Description):", re.IGNORECASE)
_EXPECTED = "topics with a number (<num>, or number=) and a title (<title> or <query>)"


def is_topics(head: str) -> bool:
    """Whether a text that begins like this is a file of topics: markup, with a topic in it."""
    return head.lstrip("\ufeff \t\r\n").startswith("<") and _START.search(head) is not None


def read_topics(path: Path) -> Iterator[tuple[int, Query]]:
    """(line on which the topic begins, query): its number, its title, and its description as the note.

    The text is the title, without one the element `query` or `question`, else the whole topic without markup. Entities
    of HTML are read, a document type is not. Raises BadInputError for a topic without a number or a text.
    """
    text = _CDATA.sub(lambda found: html.escape(found[1]), read_text(path))
    for block in _BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 1
        attributes, body = block[2] or "", block[3]
        named = _NUMBER.search(attributes)
        number = html.unescape(named[1]).strip() if named else _first(body, _NUMBER_TAGS)
        if not number:
            raise BadInputError(path, line, "the topic has no number", _EXPECTED)
        title = _first(body, _TEXT_TAGS) or ("" if "<" in body.strip() else _plain(body))
        if not title:
            raise BadInputError(path, line, f"the topic {number} has no title", _EXPECTED)
        yield line, Query(as_id(number, "number", path, line), title, _first(body, _NOTE_TAGS))


def _first(body: str, tags: tuple[str, ...]) -> str:
    """The text of the first of these elements that is there; an old element ends where the next one begins."""
    for tag in tags:
        found = re.search(rf"<{tag}(?:\s[^>]*)?>([^<]*)", body, re.IGNORECASE)
        if found and found[1].strip():
            label = _LABEL.match(found[1])
            return _plain(found[1][label.end() if label else 0 :])
    return ""


def _plain(content: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", content)).split())
