"""Text files as numbered lines: UTF-8 with or without BOM, else Windows-1252; LF or CRLF, plain or .gz."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from rerank_core.corpus.formats.encoding import Decoder, Encoding, guess_encoding
from rerank_core.corpus.formats.kinds import HEAD, refuse_kind
from rerank_core.corpus.formats.regular import open_regular, unreadable
from rerank_core.errors import BadInputError

LARGEST = 8 * 2**20
"""The longest line, row and cell, and the longest passage: a guard for memory, in bytes.

What Python makes of a line (a JSON object of many small things) weighs up to 40 times as much.
"""
LARGEST_FILE = 64 * 2**20
"""The largest text file that is read to be cut into passages, in bytes."""
_COUNTED = 64 * 2**20
"""So many bytes are looked through to count a file's lines."""

_NOT_ASCII = re.compile(rb"[\x80-\xff]")
WHITE = " \t\n\v\f\r"
"""White space in ASCII, which parts the fields of TREC's files and stands around a table's ids. Other white space, such
as U+00A0 or U+3000, is a part of an id, as for trec_eval."""


def plain_suffix(name: str) -> str:
    """The file name's last suffix in lower case, looked for behind '.gz': '.jsonl' for 'corpus.JSONL.gz'."""
    return Path(name.lower().removesuffix(".gz")).suffix


def open_bytes(path: Path) -> BinaryIO:
    """The file's bytes, unpacked where its name ends in '.gz'. Raises BadInputError as `open_regular`."""
    stream = open_regular(path)
    return cast(BinaryIO, _Unpacked(stream)) if path.name.lower().endswith(".gz") else stream


class _Unpacked(gzip.GzipFile):
    """A gzip stream that closes its file."""

    def __init__(self, packed: BinaryIO) -> None:
        super().__init__(fileobj=packed, mode="rb")
        self.packed = packed

    def close(self) -> None:
        try:
            super().close()
        finally:
            self.packed.close()


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
    is named, see `kinds`), for bytes that are no text, see `encoding`, and for a line longer than 8 MiB.
    """
    refuse_kind(path, read_head(path))
    number, decoder = 0, Decoder(path)
    try:
        with open_bytes(path) as stream:
            while raw := stream.readline(LARGEST + 1):
                number += 1
                if len(raw) > LARGEST:
                    raise BadInputError(path, number, "the line is longer than 8 MiB", "one record a line")
                yield number, decoder.decode(raw, number)
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error, number or None) from error


def read_text(path: Path) -> str:
    """The whole of a small file, line ends as they are, without its BOM. Raises as `read_lines`."""
    try:
        with open_bytes(path) as stream:
            raw = stream.read(LARGEST_FILE + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from error
    if len(raw) > LARGEST_FILE:
        raise BadInputError(
            path, None, "the file is larger than 64 MiB", "smaller files, or JSONL with one passage a line"
        )
    refuse_kind(path, raw[:HEAD])
    decoder = Decoder(path)
    if guess_encoding(raw) != "Windows-1252":
        return decoder.decode(raw, 1)
    return "".join(decoder.decode(line, number) for number, line in enumerate(raw.splitlines(keepends=True), start=1))


def find_encoding(path: Path, most: int) -> Encoding | None:
    """In which encoding the file is, as its readers will find; None where its first `most` bytes are ASCII.

    Raises BadInputError for a file that cannot be opened or unpacked.
    """
    try:
        with open_bytes(path) as stream:
            for _ in range(-(-most // 2**20)):
                block = stream.read(2**20)
                if begin := _NOT_ASCII.search(block):
                    line = block[begin.start() :].partition(b"\n")[0]
                    behind = begin.start() + len(line) == len(block)
                    return guess_encoding(line + (stream.readline(LARGEST) if behind else b""))
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from error
    return None


def count_lines(path: Path) -> int:
    """About how many lines the file has: counted in its first 64 MiB and carried on by its size; 0: unreadable."""
    try:
        with open_bytes(path) as stream:
            breaks, seen = 0, 0
            while seen < _COUNTED and (block := stream.read(2**20)):
                breaks += block.count(b"\n")
                seen += len(block)
            packed = stream.packed if isinstance(stream, _Unpacked) else stream
            size = os.fstat(packed.fileno()).st_size
            return breaks if seen < _COUNTED else max(breaks, round(breaks * size / max(1, packed.tell())))
    except (OSError, EOFError, zlib.error, BadInputError):
        return 0
