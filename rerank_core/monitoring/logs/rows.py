"""A log as numbered rows: one that cannot be read is named with its line, and the next one is read all the same."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Any

from rerank_core.corpus.formats.lines import LARGEST, open_bytes
from rerank_core.corpus.formats.record import as_id
from rerank_core.corpus.formats.regular import unreadable
from rerank_core.errors import BadInputError
from rerank_core.store.traffic_clicks import LoggedClick
from rerank_core.store.traffic_requests import EARLIEST, LATEST, LoggedDoc, LoggedRequest
from rerank_core.text import shortened

MOST_BYTES = 8 * 2**30
"""Of one log, unpacked."""
MOST_PLACES, LONGEST_QUERY = 1_000, 10_000
_MOST_PARTS = 200_000
"""Brackets and commas of a row, each of which becomes something in memory."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that cannot be read, and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that says nothing of a list or a click; `what`: the kind of row."""

    what: str


Row = LoggedRequest | LoggedClick | Unread | LeftOut


class RowError(ValueError):
    """What is wrong with a row, in words for a person."""


UNLIKE = (RowError, TypeError, ValueError, LookupError, AttributeError, OverflowError, RecursionError)
"""What comes of reading a row that holds values of other kinds than its form has."""


def unread(line: int, error: Exception) -> Unread:
    """A row that raised one of `UNLIKE`."""
    return Unread(line, str(error) if isinstance(error, RowError) else "a value is of another kind than expected")


def read_rows(path: Path) -> Iterator[tuple[int, str | Unread]]:
    """(line from 1, text without its line end) of each row that is not blank; an Unread for bytes that are no text.

    One row in memory at a time, 8 MiB of it at most. Raises BadInputError for a file that cannot be opened or unpacked,
    or is larger than 8 GiB.
    """
    line = read = 0
    try:
        with open_bytes(path) as stream:
            while raw := stream.readline(LARGEST + 1):
                line, read = line + 1, read + len(raw)
                if len(raw) > LARGEST:
                    while raw and not raw.endswith(b"\n"):
                        raw = stream.readline(LARGEST + 1)
                        read += len(raw)
                        _refuse_endless(path, line, read)
                    yield line, Unread(line, "the line is longer than 8 MiB")
                    continue
                _refuse_endless(path, line, read)
                try:
                    text = raw.decode("utf-8-sig" if line == 1 else "utf-8").strip()
                except UnicodeDecodeError:
                    yield line, Unread(line, "the line is not UTF-8")
                    continue
                if text:
                    yield line, text
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error, line or None) from error


def _refuse_endless(path: Path, line: int, read: int) -> None:
    if read > MOST_BYTES:
        raise BadInputError(path, line, "the log is larger than 8 GiB", "smaller files, such as one per day")


def parsed(text: str) -> dict[str, Any]:
    """The JSON object of a row. Raises RowError."""
    if len(text) > _MOST_PARTS and sum(map(text.count, "{[,")) > _MOST_PARTS:
        raise RowError(f"the row has more than {_MOST_PARTS:,} brackets and commas")
    try:
        value = json.loads(text, parse_constant=lambda _: None)
    except RecursionError as error:
        raise RowError("the JSON is nested too deeply") from error
    except ValueError as error:
        raise RowError("it is not one JSON object") from error
    if not isinstance(value, dict):
        raise RowError(f"it is JSON, but a {type(value).__name__} and not an object")
    return value


def get(row: Mapping[str, Any], path: str) -> Any:
    """The value at a path of names with dots between them; None where it leads nowhere. A name may hold dots itself."""
    if not path:
        return None
    value: Any = row
    rest = path
    while rest:
        if not isinstance(value, Mapping):
            return None
        if rest in value:
            return value[rest]
        name, _, rest = rest.partition(".")
        value = value.get(name)
    return value


def text_at(row: Mapping[str, Any], path: str, longest: int = 512) -> str:
    """A text or a number as text, cut at `longest`; "" where there is none. Raises RowError for anything else."""
    value = get(row, path)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RowError(f"'{path}' is no text")
    return shortened(clean(str(value)), longest)


def clean(text: str) -> str:
    """The text without halves of surrogate pairs, which no database keeps."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def number_at(row: Mapping[str, Any], path: str) -> float | None:
    """A finite number; None where there is none. Raises RowError for anything else."""
    return as_number(get(row, path), path)


def as_number(value: Any, what: str) -> float | None:
    """A finite number, also one in a text; None stays None. Raises RowError for anything else."""
    if value is None or value == "":
        return None
    try:
        number = float(value) if not isinstance(value, bool) else None
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or not isfinite(number):
        raise RowError(f"'{what}' is no number")
    return number


def count_at(row: Mapping[str, Any], path: str) -> int | None:
    """A whole number from 0; None where there is none. Raises RowError for anything else."""
    number = number_at(row, path)
    if number is not None and not 0 <= number < 2**53:
        raise RowError(f"'{path}' is no count")
    return None if number is None else int(number)


def flag_at(row: Mapping[str, Any], path: str) -> bool | None:
    """True or false; None where there is neither."""
    value = get(row, path)
    return value if isinstance(value, bool) else None


def docid_of(value: Any) -> str:
    """The id of a passage. Raises RowError for what is none."""
    try:
        return as_id(clean(value) if isinstance(value, str) else value, "id of a passage", "row", None)
    except BadInputError as error:
        raise RowError(error.problem) from error


def as_time(value: Any, what: str = "time") -> float:
    """Seconds since 1970 of an ISO 8601 text (UTC unless it says otherwise), or a number of s, ms, µs or ns since then.

    Which one is seen by its size: it holds from 1973 on. Raises RowError, also for what is not between 1970 and 2261.
    """
    if isinstance(value, str) and not value.strip().lstrip("-").replace(".", "", 1).isdigit():
        try:
            found = datetime.fromisoformat(value.strip())
            number = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError) as error:
            raise RowError(f"'{what}' is no time: {shortened(value, 40)!r}") from error
        return _between(number, what)
    told = as_number(value, what)
    if told is None:
        raise RowError(f"there is no '{what}'")
    while abs(told) >= 1e11:
        told /= 1000
    return _between(told, what)


def _between(number: float, what: str) -> float:
    if not EARLIEST < number <= LATEST:
        raise RowError(f"'{what}' is no time between 1970 and 2261")
    return number


def refuse_many(places: Sequence[Any]) -> None:
    """Raise RowError for a list that is longer than any that is reranked."""
    if len(places) > MOST_PLACES:
        raise RowError(f"the list has {len(places):,} places; at most {MOST_PLACES:,} are read")


def without_repeats(docs: Sequence[LoggedDoc]) -> tuple[LoggedDoc, ...]:
    """A list in which each passage stands once, where it stands first."""
    first: dict[str, LoggedDoc] = {}
    for doc in docs:
        first.setdefault(doc.docid, doc)
    return tuple(first.values())


def has_moved(docs: Sequence[LoggedDoc]) -> bool | None:
    """Whether the order is another than before; None where the ranks before are not all known."""
    ranks = [doc.before for doc in docs if doc.before is not None]
    if not docs or len(ranks) < len(docs):
        return None
    return any(rank > following for rank, following in pairwise(ranks))
