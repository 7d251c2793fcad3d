"""Text files as numbered lines: UTF-8 with or without BOM, LF or CRLF, plain or .gz."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from rerank_core.corpus.formats.kinds import HEAD, refuse_kind
from rerank_core.errors import BadInputError

BOM = b"\xef\xbb\xbf"
LARGEST = 64 * 2**20
"""The longest line, and the largest text file, that is read: a guard for memory, in bytes."""


WHITE = " \t\n\v\f\r"
"""White space in ASCII, which parts the fields of TREC's files and stands around a table's ids. Other white space, such
as U+00A0 or U+3000, is a part of an id, as for trec_eval."""


def plain_suffix(name: str) -> str:
    """The file name's last suffix in lower case, looked for behind '.gz': '.jsonl' for 'corpus.JSONL.gz'."""
    return Path(name.lower().removesuffix(".gz")).suffix


def open_bytes(path: Path) -> BinaryIO:
    """The file's bytes, unpacked where its name ends in '.gz'."""
    return cast(BinaryIO, gzip.open(path, "rb")) if path.name.lower().endswith(".gz") else path.open("rb")


def read_head(path: Path) -> bytes:
    """The first 4 KiB, unpacked. Raises BadInputError for a file that cannot be opened or unpacked."""
    try:
        with open_bytes(path) as stream:
            return stream.read(HEAD)
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from error


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """(number from 1, line with its own line end), one line in memory at a time.

    Raises BadInputError for a file that cannot be opened or unpacked, that is another kind of file than a text (which
    is named, see `kinds`), for bytes that are not UTF-8, and for a line longer than 64 MiB.
    """
    refuse_kind(path, read_head(path))
    number = 0
    try:
        with open_bytes(path) as stream:
            while raw := stream.readline(LARGEST + 1):
                number += 1
                if len(raw) > LARGEST:
                    raise BadInputError(path, number, "the line is longer than 64 MiB", "one record a line")
                yield number, decode(path, raw, number)
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error, number or None) from error


def read_text(path: Path) -> str:
    """The whole of a small file, line ends as they are, without its BOM. Raises as `read_lines`."""
    try:
        with open_bytes(path) as stream:
            raw = stream.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from error
    if len(raw) > LARGEST:
        raise BadInputError(
            path, None, "the file is larger than 64 MiB", "smaller files, or JSONL with one passage a line"
        )
    refuse_kind(path, raw[:HEAD])
    return decode(path, raw)


def decode(path: Path, raw: bytes, line: int = 1) -> str:
    """The text of `raw`, which begins at `line` of the file. Raises BadInputError where it is not UTF-8."""
    if line == 1:
        raw = raw.removeprefix(BOM)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        at = line + raw.count(b"\n", 0, error.start)
        problem = f"the byte 0x{raw[error.start]:02x} is not UTF-8 text (Windows-1252, perhaps)"
        raise BadInputError(path, at, problem, 'UTF-8; a spreadsheet writes it as "CSV UTF-8"') from error


def unreadable(path: Path, error: Exception, line: int | None = None) -> BadInputError:
    """What to raise where the system, or the unpacking, failed with `error`."""
    problem = getattr(error, "strerror", None) or str(error)
    return BadInputError(path, line, f"it cannot be read ({problem})", "a readable file")


def count_lines(path: Path) -> int:
    """How many line breaks the file has: a fast upper bound for its records. 0 where it cannot be read."""
    try:
        with open_bytes(path) as stream:
            return sum(block.count(b"\n") for block in iter(lambda: stream.read(2**20), b""))
    except (OSError, EOFError, zlib.error):
        return 0
