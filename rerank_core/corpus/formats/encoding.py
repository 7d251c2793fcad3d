"""In which encoding a text file is: UTF-8, or Windows-1252, as spreadsheets of Western countries still write it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rerank_core.errors import BadInputError

Encoding = Literal["UTF-8", "Windows-1252"]

BOM = b"\xef\xbb\xbf"
EXPECTED = 'UTF-8; a spreadsheet writes it as "CSV UTF-8"'

_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
"""Control characters, which no text in Windows-1252 holds; files that are no text are full of them."""
_UTF8_ALONE = re.compile(rb"\xc3[\x80-\xbf]|\xe2\x80[\x90-\xbf]")
"""Accented letters, dashes and quotes in UTF-8: in Windows-1252 such pairs are the mark of a garbled text."""
_met: ContextVar[set[Path] | None] = ContextVar("met", default=None)


@contextmanager
def noting_windows_1252() -> Iterator[set[Path]]:
    """The set fills with the files that are read as Windows-1252 within the block, by this thread."""
    found: set[Path] = set()
    token = _met.set(found)
    try:
        yield found
    finally:
        _met.reset(token)


def guess_encoding(raw: bytes) -> Encoding | None:
    """What the bytes of a line are in; None where they are ASCII, which is the same in both."""
    if raw.isascii():
        return None
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "Windows-1252"
    return "UTF-8"


@dataclass(slots=True)
class Decoder:
    """The text of one file, its lines in order: the first line that is not ASCII says in which encoding it is."""

    path: Path
    encoding: Encoding | None = None
    decided: int = 0

    def decode(self, raw: bytes, line: int) -> str:
        """The text of a line, without the file's byte order mark.

        Raises BadInputError where the line is in no encoding, or in another one than a line before it.
        """
        if line == 1 and raw.startswith(BOM):
            raw, self.encoding, self.decided = raw.removeprefix(BOM), "UTF-8", 1
        if raw.isascii():
            return raw.decode("ascii")
        if self.encoding is None:
            self.encoding, self.decided = guess_encoding(raw), line
            if self.encoding == "Windows-1252" and (met := _met.get()) is not None:
                met.add(self.path)
        return self._windows(raw, line) if self.encoding == "Windows-1252" else self._utf8(raw, line)

    def _utf8(self, raw: bytes, line: int) -> str:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            problem = f"the byte 0x{raw[error.start]:02x} is not UTF-8 text, though line {self.decided} is"
            raise BadInputError(self.path, line, problem, EXPECTED) from error

    def _windows(self, raw: bytes, line: int) -> str:
        if _UTF8_ALONE.search(raw) and guess_encoding(raw) == "UTF-8":
            problem = f"the line is UTF-8 text, though line {self.decided} is not"
            raise BadInputError(self.path, line, problem, EXPECTED)
        if found := _NO_TEXT.search(raw):
            problem = f"the line holds the byte 0x{found[0][0]:02x}, and is neither UTF-8 nor Windows-1252 text"
            raise BadInputError(self.path, line, problem, EXPECTED)
        try:
            return raw.decode("cp1252")
        except UnicodeDecodeError as error:
            problem = f"the byte 0x{raw[error.start]:02x} is neither UTF-8 nor Windows-1252 text"
            raise BadInputError(self.path, line, problem, EXPECTED) from error
