"""What a file is by its first bytes, where it holds no text: the name of its kind, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from rerank_core.errors import BadInputError

HEAD = 4_096
"""So many bytes tell the kind."""

PARQUET = b"PAR1"


class Kind(NamedTuple):
    """A kind of file that is no text: what it is called ("a PDF"), and what would be read instead."""

    name: str
    instead: str


_TABLE = "the table saved as CSV UTF-8"
_TEXT = "its text as .txt or .md, or passages as .jsonl, .csv, .tsv or .parquet"
_UNPACKED = "the unpacked files"
_EXPORTED = "its rows as CSV, JSONL or Parquet"
_UTF8 = "UTF-8 (in a spreadsheet: save as CSV UTF-8)"
_NO_DATA = "passages as .jsonl, .csv, .tsv, .parquet, .txt or .md"

_STARTS: tuple[tuple[bytes, Kind], ...] = (
    (b"%PDF", Kind("a PDF", _TEXT)),
    (b"{\\rtf", Kind("an RTF document", _TEXT)),
    (b"\xd0\xcf\x11\xe0", Kind("an old Office file (.xls, .doc or .ppt)", f"{_TABLE}, or the text as .txt")),
    (PARQUET, Kind("a Parquet file", "a name that ends in .parquet")),
    (b"\x1f\x8b", Kind("a gzip archive", "a name that ends in .gz, as in .jsonl.gz")),
    (b"BZh91AY&SY", Kind("a bzip2 archive", _UNPACKED)),
    (b"\xfd7zXZ\x00", Kind("an xz archive", _UNPACKED)),
    (b"\x28\xb5\x2f\xfd", Kind("a Zstandard archive", _UNPACKED)),
    (b"7z\xbc\xaf\x27\x1c", Kind("a 7-Zip archive", _UNPACKED)),
    (b"Rar!\x1a\x07", Kind("a RAR archive", _UNPACKED)),
    (b"SQLite format 3\x00", Kind("an SQLite database", _EXPORTED)),
    (b"ARROW1", Kind("an Arrow (Feather) file", _EXPORTED)),
    (b"Obj\x01", Kind("an Avro file", _EXPORTED)),
    (b"\x93NUMPY", Kind("a NumPy array", _EXPORTED)),
    (b"\x89HDF\r\n\x1a\n", Kind("an HDF5 file", _EXPORTED)),
    (b"\x80\x02", Kind("a Python pickle", _EXPORTED)),
    (b"\x80\x03", Kind("a Python pickle", _EXPORTED)),
    (b"\x80\x04", Kind("a Python pickle", _EXPORTED)),
    (b"\x80\x05", Kind("a Python pickle", _EXPORTED)),
    (b"\x89PNG\r\n\x1a\n", Kind("a PNG image", _NO_DATA)),
    (b"\xff\xd8\xff", Kind("a JPEG image", _NO_DATA)),
    (b"GIF87a", Kind("a GIF image", _NO_DATA)),
    (b"GIF89a", Kind("a GIF image", _NO_DATA)),
    (b"II*\x00", Kind("a TIFF image", _NO_DATA)),
    (b"MM\x00*", Kind("a TIFF image", _NO_DATA)),
    (b"\x7fELF", Kind("a program", _NO_DATA)),
    (b"\xff\xfe\x00\x00", Kind("UTF-32", _UTF8)),
    (b"\x00\x00\xfe\xff", Kind("UTF-32", _UTF8)),
    (b"\xff\xfe", Kind("UTF-16", _UTF8)),
    (b"\xfe\xff", Kind("UTF-16", _UTF8)),
    (
        b"version https://git-lfs.github.com/spec/",
        Kind("a Git LFS pointer and not the data itself", "the data, as git lfs pull fetches it"),
    ),
)
_ZIPPED: tuple[tuple[bytes, Kind], ...] = (  # names of members, found in the first bytes of the archive
    (b"xl/", Kind("an Excel workbook", _TABLE)),
    (b"word/", Kind("a Word document", _TEXT)),
    (b"ppt/", Kind("a PowerPoint file", _TEXT)),
    (b"opendocument.spreadsheet", Kind("an OpenDocument spreadsheet", _TABLE)),
    (b"opendocument.text", Kind("an OpenDocument text", _TEXT)),
    (b"application/epub+zip", Kind("an EPUB book", _TEXT)),
)
_BY_SUFFIX = {
    ".xlsx": Kind("an Excel workbook", _TABLE),
    ".xlsm": Kind("an Excel workbook", _TABLE),
    ".docx": Kind("a Word document", _TEXT),
    ".pptx": Kind("a PowerPoint file", _TEXT),
    ".ods": Kind("an OpenDocument spreadsheet", _TABLE),
    ".odt": Kind("an OpenDocument text", _TEXT),
    ".pdf": Kind("a PDF", _TEXT),
    ".html": Kind("an HTML page", _TEXT),
    ".htm": Kind("an HTML page", _TEXT),
}


def kind_of(head: bytes, suffix: str = "") -> Kind | None:
    """The kind of file that begins with `head`; None where it may be text in UTF-8.

    `suffix` (".xlsx") tells the kinds of ZIP archive apart whose first bytes do not.
    """
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(head, suffix)
    markup = head[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if markup.startswith((b"<!doctype html", b"<html")):
        return Kind("an HTML page", _TEXT)
    if markup.startswith((b"<doc>", b"<doc ")):
        return Kind("a TREC collection of documents (<DOC>)", _EXPORTED)
    if head[257:262] == b"ustar":
        return Kind("a tar archive", _UNPACKED)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Kind("a WebP image", _NO_DATA)
    return _utf16(head)


def kind_by_suffix(suffix: str) -> Kind | None:
    """The kind that a file's name says it is, where it is one of those that are never read."""
    return _BY_SUFFIX.get(suffix.lower())


def _zipped(head: bytes, suffix: str) -> Kind:
    inside = next((kind for member, kind in _ZIPPED if member in head), None)
    return inside or kind_by_suffix(suffix) or Kind("a ZIP archive", _UNPACKED)


def _utf16(head: bytes) -> Kind | None:
    """UTF-16 without a byte order mark: every second byte of Latin text is 0."""
    part = head[: len(head) // 2 * 2]
    even, odd = part[0::2].count(0), part[1::2].count(0)
    half = len(part) // 2
    if half >= 2 and (max(even, odd) > 0.7 * half) and min(even, odd) < 0.1 * half:
        return Kind("UTF-16 without a byte order mark", _UTF8)
    return None


def refuse_kind(path: Path, head: bytes) -> None:
    """Raise BadInputError, naming the kind and what to do, where `head` does not begin a text."""
    kind = kind_of(head, path.suffix)
    if kind is not None:
        line = 1 if kind.instead is _UTF8 else None
        raise BadInputError(path, line, f"the file is {kind.name}", kind.instead)
