"""Topics as TREC keeps them: `<top>` blocks with <num> and <title>, or XML with a `<topic number="...">` each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from rerank_core.corpus.formats.lines import LARGEST, read_text
from rerank_core.corpus.formats.markup import Tag, attribute, plain, tags, without_cdata
from rerank_core.corpus.formats.record import as_id
from rerank_core.errors import BadInputError
from rerank_core.types import Query

_START = re.compile(r"<top(?:ic)?[\s>]", re.IGNORECASE)
_BLOCKS = ("top", "topic")
_NUMBER_ATTRIBUTES = ("number", "num", "id", "qid")
_NUMBER_TAGS = ("num", "number", "identifier", "id", "qid")
_TEXT_TAGS = ("title", "query", "question")
_NOTE_TAGS = ("desc", "description")
_LABELS = ("number:", "topic:", "description:")
_EXPECTED = "topics with a number (<num>, or number=) and a title (<title> or <query>)"


def is_topics(head: str) -> bool:
    """Whether a text that begins like this is a file of topics: markup, with a topic in it."""
    return head.lstrip("\ufeff \t\r\n").startswith("<") and _START.search(head) is not None


def read_topics(path: Path) -> Iterator[tuple[int, Query]]:
    """(line on which the topic begins, query): its number, its title, and its description as the note.

    The text is the title, without one the element `query` or `question`, else the whole topic without markup. Entities
    of HTML are read, a document type is not. Raises BadInputError for a topic without a number or a text.
    """
    text = without_cdata(read_text(path))
    line, counted = 1, 0
    for tag, body in _blocks(text):
        line, counted = line + text.count("\n", counted, tag.start), tag.start
        if len(body) > LARGEST:
            raise BadInputError(path, line, "the topic is longer than 8 MiB", _EXPECTED)
        elements = _elements(body)
        number = attribute(tag.attributes, _NUMBER_ATTRIBUTES).strip() or _first(elements, _NUMBER_TAGS)
        if not number:
            raise BadInputError(path, line, "the topic has no number", _EXPECTED)
        title = _first(elements, _TEXT_TAGS) or ("" if "<" in body.strip() else plain(body))
        if not title:
            raise BadInputError(path, line, f"the topic {number[:80]} has no title", _EXPECTED)
        yield line, Query(as_id(number, "number", path, line), title, _first(elements, _NOTE_TAGS))


def _blocks(text: str) -> Iterator[tuple[Tag, str]]:
    """Each topic's own tag and what stands behind it, up to its end, the next topic of its kind, or the end."""
    opened: Tag | None = None
    for tag in tags(text):
        if opened is not None and tag.name in (opened.name, f"/{opened.name}"):
            yield opened, text[opened.end : tag.start]
            opened = None
        if opened is None and tag.name in _BLOCKS:
            opened = tag
    if opened is not None:
        yield opened, text[opened.end :]


def _elements(body: str) -> dict[str, str]:
    """Element -> its first text that is not blank; an old element ends where the next one begins."""
    found: dict[str, str] = {}
    for tag in tags(body):
        if tag.name in _ELEMENTS and tag.name not in found:
            end = body.find("<", tag.end)
            content = body[tag.end : end if end >= 0 else len(body)]
            if content.strip():
                found[tag.name] = content
    return found


_ELEMENTS = frozenset((*_NUMBER_TAGS, *_TEXT_TAGS, *_NOTE_TAGS))


def _first(elements: Mapping[str, str], names: tuple[str, ...]) -> str:
    """The text of the first of these elements that is there, without its label."""
    content = next((elements[name] for name in names if name in elements), "").lstrip()
    label = next((label for label in _LABELS if content[: len(label)].lower() == label), "")
    return plain(content[len(label) :])
