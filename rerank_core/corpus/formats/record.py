"""From a record with named fields to a passage: which field is the id, the title, the text, and what each may hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from rerank_core.errors import BadInputError
from rerank_core.text import shortened
from rerank_core.types import Doc

ID_NAMES = (
    *(
        "_id",
        "id",
        "docid",
        "docno",
        "doc_id",
        "pid",
        "passage_id",
        "document_id",
        "corpus_id",
        "chunk_id",
        "article_id",
    ),
    *("page_id", "product_id", "item_id", "sku", "asin", "uuid", "guid", "key", "url"),
)
TITLE_NAMES = ("title", "headline", "subject", "heading", "name", "product_title", "product_name", "question")
TEXT_NAMES = (
    *("text", "body", "contents", "content", "passage", "passage_text", "document", "document_text", "doc_text"),
    *("segment", "chunk", "chunk_text", "abstract", "article", "full_text", "description", "product_description"),
    *("answer", "summary"),
)
"""Usual names, the first that is there counts; 'doc_id' stands for DocID, doc-id and "Doc Id" too."""
YOURS = "the names of yours (--id-field, --text-field; on the page Data: Field of the id, Field of the text)"
"""What a message offers where no usual name is there."""
LONGEST_ID = 4_096
"""Characters of an id: what the outbox of the pages carries at the most."""
MOST_FIELDS = 10_000
"""Columns of a table, or fields of a record."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the fields that hold the id, the title and the text. None: guess from the usual names."""

    id: str | None = None
    title: str | None = None
    text: str | None = None


USUAL = Columns()
"""The usual names."""


def find_columns(names: tuple[str, ...], chosen: Columns) -> Columns:
    """The fields to read, out of a record's `names`: the chosen ones, else the usual names in any case.

    Where a field is not there its place is None.
    """
    few = len(names) <= _REMEMBERED_FIELDS and sum(map(len, names)) <= _REMEMBERED_CHARS
    return _remembered_columns(names, chosen) if few else _find_columns(names, chosen)


_REMEMBERED_FIELDS, _REMEMBERED_CHARS = 200, 10_000


@lru_cache(maxsize=256)
def _remembered_columns(names: tuple[str, ...], chosen: Columns) -> Columns:
    return _find_columns(names, chosen)


def _find_columns(names: tuple[str, ...], chosen: Columns) -> Columns:
    text = chosen_or_usual(names, chosen.text, TEXT_NAMES)
    title = chosen_or_usual(names, chosen.title, TITLE_NAMES)
    return Columns(chosen_or_usual(names, chosen.id, ID_NAMES), title if title != text else None, text)


def chosen_or_usual(names: tuple[str, ...], chosen: str | None, usual: Sequence[str]) -> str | None:
    """The chosen name where it is there; without one the first usual name that is, as it is written in `names`."""
    if chosen is not None:
        return chosen if chosen in names else None
    return find_usual(names, usual)


def find_usual(names: Sequence[str], usual: Sequence[str]) -> str | None:
    """The first usual name that is among `names`, in any case, with or without signs between its words."""
    exact = {name.strip().lower(): name for name in reversed(names)}
    loose = {_letters(name): name for name in reversed(names)}
    found = (exact.get(name) or loose.get(_letters(name)) for name in usual)
    return next((name for name in found if name), None)


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def require_columns(names: Iterable[str], chosen: Columns, source: Path, line: int | None) -> Columns:
    """As `find_columns`; raises BadInputError, naming the fields that are there, where the id or the text is not."""
    names = tuple(names)
    if len(names) > MOST_FIELDS:
        raise BadInputError(source, line, f"there are {len(names):,} fields", f"at most {MOST_FIELDS:,}")
    found = find_columns(names, chosen)
    wanted = (
        ("id", found.id, chosen.id, ID_NAMES),
        ("text", found.text, chosen.text, TEXT_NAMES),
        ("title", found.title or not chosen.title, chosen.title, TITLE_NAMES),
    )
    for what, there, asked, usual in wanted:
        if not there:
            usually = f"a field (in a table, a column of the header) named {', '.join(usual)}, or {YOURS}"
            expected = f"a field '{asked}'" if asked else usually
            there_are = shortened(", ".join(names[:100]), 400) or "none"
            raise BadInputError(source, line, f"there is no field for the {what} (fields: {there_are})", expected)
    return found


def make_doc(record: Mapping[str, Any], chosen: Columns, source: Path, line: int | None) -> Doc:
    """A passage from a record.

    The id may be text or a whole number (kept as its digits). A title or text of null is empty. A field 'metadata'
    must be an object or null; the other fields join it, and its own entries win. Raises BadInputError.
    """
    columns = require_columns(record, chosen, source, line)
    docid = as_id(record[columns.id or ""], "id", source, line)
    title = as_text(record[columns.title], "title", source, line) if columns.title else ""
    text = as_text(record[columns.text or ""], "text", source, line)
    used = (columns.id, columns.title, columns.text, "metadata")
    rest = {name: value for name, value in record.items() if name not in used}
    own = record.get("metadata") if "metadata" not in used[:3] else None
    if own is not None and not isinstance(own, Mapping):
        raise BadInputError(source, line, f"'metadata' is {_kind(own)}", "an object, or no such field")
    return Doc(docid, text, title, {**rest, **(own or {})})


def as_id(value: Any, what: str, source: Path | str, line: int | None) -> str:
    """An id as text: text as it is, a whole number as its digits. Raises BadInputError for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = _digits(value, what, source, line)
    if not isinstance(value, str):
        raise BadInputError(source, line, f"the {what} is {_kind(value)}", "text or a whole number")
    if len(value) > LONGEST_ID:
        problem = f"the {what} {shortened(value, 40)!r} has {len(value):,} characters"
        raise BadInputError(source, line, problem, f"at most {LONGEST_ID:,}")
    if not value.strip():
        raise BadInputError(source, line, f"the {what} is empty", "text or a whole number")
    if _CONTROL.search(value):
        raise BadInputError(source, line, f"the {what} {value!r} holds a control character", "an id of one line")
    return value


_LONGEST_NAME = 2_000


def as_name(value: str, what: str) -> str:
    """The name of a dataset or a judge without the white space around it.

    Raises BadInputError for an empty one, and for one that the outbox of the pages cannot carry: it has control
    characters or half characters, or is longer, as JSON in ASCII, than 2,000 characters.
    """
    value = value.strip()
    if not value:
        raise BadInputError(what, None, "the name is empty", "a name, for example 'support-2025'")
    if _CONTROL.search(value) or any("\ud800" <= character <= "\udfff" for character in value):
        raise BadInputError(what, None, f"{shortened(value, 80)!a} holds a character that is no text", "a plain name")
    if len(json.dumps(value)) > _LONGEST_NAME:
        problem = f"the name {shortened(value, 40)!r} is too long"
        raise BadInputError(what, None, problem, "some hundred characters at the most")
    return value


def _digits(value: int, what: str, source: Path | str, line: int | None) -> str:
    if abs(value) >= 10**LONGEST_ID:  # Python writes no number of more than 4,300 digits
        raise BadInputError(source, line, f"the {what} is a number of too many digits", f"at most {LONGEST_ID:,}")
    return str(value)


def as_text(value: Any, what: str, source: Path | str, line: int | None) -> str:
    """Text as it is, null as "". Raises BadInputError for anything else."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadInputError(source, line, f"the {what} is {_kind(value)}", "text")
    return value


def refuse_surrogates(value: Any, source: Path, line: int) -> None:
    """Raise BadInputError where a text inside `value` holds half of a surrogate pair, which no UTF-8 file can keep."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        problem = f"a text holds {error.object[error.start]!a}, half of a surrogate pair"
        raise BadInputError(source, line, problem, "whole characters") from error


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    name = kinds.get(type(value), f"of type {type(value).__name__}")
    if isinstance(value, int) and abs(value) >= 10**40:
        return name  # Python writes no number of more than 4,300 digits
    shown = "" if isinstance(value, list | dict) and len(value) > 20 else repr(value)
    return f"{name} ({shown})" if 0 < len(shown) <= 40 else name
