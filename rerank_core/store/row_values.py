"""Values of rows as this version writes them. Another version, another program or a fault may have left other ones.

SQLite keeps any value in any column. What is read here is what it should be, or a ValueError, which the reader of the
row turns into what fits its table: a row that is named as not readable, or one that counts as not there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError)
"""What comes of reading a row that no version of ours has written."""
_MOST_COUNT = 2**53


def text(value: Any) -> str:
    """The text of a column of texts; bytes are read as UTF-8, with a sign in the place of what is none."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def whole(value: Any) -> int:
    """A whole number of which nobody has so many that it could not be counted."""
    if type(value) is not int or abs(value) > _MOST_COUNT:
        raise ValueError(f"{value!r} is no whole number")
    return value


def number(value: Any) -> float:
    """A finite number."""
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return float(value)


def number_or_none(value: Any) -> float | None:
    """A finite number, or None."""
    return None if value is None else number(value)


def mapping(value: Any) -> dict[str, Any]:
    """A JSON object."""
    values = json.loads(text(value))
    if not isinstance(values, dict):
        raise ValueError("no JSON object")
    return values


def listed(value: Any) -> list[Any]:
    """A JSON array."""
    values = json.loads(text(value))
    if not isinstance(values, list):
        raise ValueError("no JSON array")
    return values


def texts(value: Any) -> tuple[str, ...]:
    """A JSON array of texts."""
    return tuple(map(own_text, listed(value)))


def numbers(value: Any) -> dict[str, float]:
    """A JSON object of numbers."""
    return {name: number(each) for name, each in mapping(value).items()}


def shown(value: Any) -> str:
    """The beginning of a value, to name what could not be read."""
    return repr(value)[:60]


def own_text(value: Any) -> str:
    """The text of a name that others ask for: bytes are none."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def by_name(rows: Iterable[Sequence[Any]]) -> dict[str, dict[str, Any]]:
    """Name -> settings, of rows of a name and a JSON object, in their order; a row that cannot be read is left out."""
    found = {}
    for name, settings in rows:
        try:
            key, values = text(name), json.loads(settings)
        except (ValueError, TypeError, RecursionError):
            continue
        if isinstance(values, dict):
            found[key] = values
    return found
