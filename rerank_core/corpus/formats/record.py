"""From a record with named fields to a passage: what the id, the title and the text may hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rerank_core.corpus.formats.columns import SEVERAL, Columns, Found, passage_columns
from rerank_core.corpus.formats.usual_names import PASSAGE_IDS, TEXTS, TITLES
from rerank_core.errors import BadInputError
from rerank_core.text import shortened
from rerank_core.types import Doc

YOURS = (
    "the names of yours (on the page Data choose the columns; in a command: --id-field, --text-field, or for one file "
    '--column "FILE::COLUMN=ROLE"; --look shows what there is)'
)
"""What a message offers where no usual name is there."""
LONGEST_ID = 4_096
"""Characters of an id: what the outbox of the pages carries at the most."""
MOST_FIELDS = 10_000
"""Columns of a table, or fields of a record."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def require_columns(names: Iterable[str], chosen: Columns, source: Path, line: int | None) -> Found:
    """As `passage_columns`; raises BadInputError, naming the fields that are there, where the id or the text is not."""
    names = tuple(names)
    if len(names) > MOST_FIELDS:
        raise BadInputError(source, line, f"there are {len(names):,} fields", f"at most {MOST_FIELDS:,}")
    found = passage_columns(names, chosen)
    wanted = (
        ("id", found.id, chosen.id, PASSAGE_IDS),
        ("text", found.text, chosen.text, TEXTS),
        ("title", found.title or not chosen.title, chosen.title, TITLES),
    )
    for what, there, asked, usual in wanted:
        if not there:
            usually = f"a field (in a table, a column of the header) named {', '.join(usual[:_NAMED])} …, or {YOURS}"
            expected = f"a field '{asked}'" if asked else usually
            there_are = shortened(", ".join(names[:100]), 400) or "none"
            raise BadInputError(source, line, f"there is no field for the {what} (fields: {there_are})", expected)
    refuse_strangers(names, chosen, source, line)
    return found


_NAMED = 12
"""So many usual names are named in a message."""


def refuse_strangers(names: Sequence[str], chosen: Columns, source: Path, line: int | None) -> None:
    """Raise BadInputError where a column has a role, as a person chose, and is not there."""
    missing = [name for name, role in chosen.roles if not (role in SEVERAL or name in names or name in chosen.optional)]
    if missing:
        there_are = shortened(", ".join(names[:100]), 400) or "none"
        problem = f"there is no column '{missing[0]}' (columns: {there_are})"
        raise BadInputError(source, line, problem, "the name of one that is there")


def weight(value: Any) -> int:
    """About how many characters a value of JSON is long; each number, list and object counts as 16."""
    total, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            total += len(item)
            continue
        total += 16
        if isinstance(item, Mapping):
            total += sum(map(len, item))
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)
    return total


def make_doc(record: Mapping[str, Any], chosen: Columns, source: Path, line: int | None) -> Doc:
    """A passage from a record.

    The id may be text or a whole number (kept as its digits). A title or text of null is empty. A field 'metadata'
    must be an object or null; the other fields join it, and its own entries win. Raises BadInputError.
    """
    columns = require_columns(record, chosen, source, line)
    docid = as_id(record[columns.id or ""], "id", source, line)
    title = as_text(record[columns.title], "title", source, line) if columns.title else ""
    text = as_text(record[columns.text or ""], "text", source, line)
    used = (columns.id, columns.title, columns.text, "metadata", *columns.left_out)
    rest = {name: value for name, value in record.items() if name not in used}
    rest |= {name: as_tags(record[name]) for name in columns.tags if name in rest}
    own = record.get("metadata") if "metadata" not in (*used[:3], *columns.left_out) else None
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


_BETWEEN_TAGS = re.compile(r"[;|\n]")


def as_tags(value: Any) -> list[Any]:
    """The tags of a cell: a list as it is, a text parted at ; or | or line ends, else at commas; None has none.

    >>> as_tags("returns; refunds"), as_tags("returns, refunds"), as_tags('["returns"]'), as_tags(None)
    (['returns', 'refunds'], ['returns', 'refunds'], ['returns'], [])
    """
    if value is None:
        return []
    if not isinstance(value, str):
        return list(value) if isinstance(value, list | tuple) else [value]
    if value.startswith("[") and value.endswith("]"):
        with suppress(ValueError, RecursionError):
            return [tag for tag in json.loads(value) if tag is not None]
    parts = _BETWEEN_TAGS.split(value) if _BETWEEN_TAGS.search(value) else value.split(",")
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


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
