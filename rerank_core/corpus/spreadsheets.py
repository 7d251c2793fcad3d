"""CSV that leaves the app for people: the one place where a cell that a spreadsheet would run is made harmless.

It is for tables that a person opens (the report, the history of labels). What tools read back, such as TREC files, BEIR
folders and JSON lines, holds texts and ids as they are.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

Cell = str | float | int | None
"""A text, a number, or None for an empty cell."""

_SIGNS = "=+\\-@＝＋－＠"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
# what a reader may skip before the sign: white space, quotes, marks that have no width
_AT_START = re.compile(rf'[\s"\u200b-\u200f\u2060\ufeff\x00-\x1f]*[{_SIGNS}]|[\t\r\n]')
# a table opened with another separator begins a new cell here, whatever is quoted; a quote may stand before the sign
_INSIDE = re.compile(rf'(?<=[;\t\r\n])(?="*[{_SIGNS}])')


def harmless(value: Cell) -> Cell:
    """The cell so that a spreadsheet shows it and does not run it; numbers, also as text ("-1.5"), stay as they are.

    A text gets an apostrophe before it where it begins with = + - @ (also full-width), behind white space or quotes
    too, or with a tab or a line break; and one within it where such a sign follows a semicolon, a tab or a line break,
    which begin a cell for a reader that takes another separator. See https://owasp.org/www-community/attacks/CSV_Injection.
    True and False become "true" and "false".
    """
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    inside = _INSIDE.sub("'", value)
    return f"'{inside}" if _AT_START.match(value) else inside


def csv_text(names: Iterable[str], rows: Iterable[Iterable[Cell]]) -> str:
    """A header and rows as CSV with harmless cells, lines ending in LF, and an empty cell for None."""
    return "".join(_line(map(harmless, row)) for row in (names, *rows))


def _line(cells: Iterable[Cell]) -> str:
    # written with CRLF so that the writer quotes a lone CR too, which else would begin a row
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().removesuffix("\r\n") + "\n"
