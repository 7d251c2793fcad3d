"""A folder of .txt and .md files: each file, or each piece of one, is a passage."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from rerank_core.corpus.formats.chunking import spans
from rerank_core.corpus.formats.lines import read_text
from rerank_core.corpus.formats.links import why_not_followed
from rerank_core.corpus.formats.record import as_id
from rerank_core.errors import BadInputError
from rerank_core.types import Doc

SUFFIXES = (".txt", ".md", ".markdown")
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*[ \t]*\r?$", re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}(```|~~~).*?^ {0,3}\1", re.MULTILINE | re.DOTALL)


def find_files(folder: Path) -> list[Path]:
    """The text files under `folder` at any depth, by relative path.

    Left out are names that begin with a dot, and links that lead out of the folder or nowhere.
    """
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = [Path(place, name) for name in names if _is_text(name)]
        found += [path for path in paths if not why_not_followed(path, folder)]
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def _is_text(name: str) -> bool:
    return not name.startswith(".") and name.lower().endswith(SUFFIXES)


def read_docs(
    folder: Path, size: int = 200, overlap: int = 40, left_out: frozenset[Path] = frozenset()
) -> Iterator[Doc]:
    """Passages, files in the order of their relative paths; `folder` may also be a single file.

    Files of `left_out` are not read.

    `size` and `overlap` are words a piece, see `chunking.spans`; size 0 keeps each file whole. The docid is the
    relative path, with '#1', '#2' ... behind it where the file makes more than one piece. The metadata has the `path`
    and `start` and `end`: characters into the file, decoded as UTF-8 without BOM and with its line ends as they are,
    so that file[start:end] is the passage's text. The title is a Markdown file's first heading, else "". A blank file
    is a passage with an empty text. Raises BadInputError.
    """
    files, root = (find_files(folder), folder) if folder.is_dir() else ([folder], folder.parent)
    if not files:
        raise BadInputError(folder, None, "the folder has no text files", "files that end in .txt or .md")
    for path in files:
        if path in left_out:
            continue
        yield from _read_file(path, path.relative_to(root).as_posix(), size, overlap)


def _read_file(path: Path, name: str, size: int, overlap: int) -> Iterator[Doc]:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadInputError(ascii(str(path)), None, "the file's name is not UTF-8", "a name in UTF-8") from error
    docid = as_id(name, "file's name", path, None)
    text = read_text(path)
    title = "" if path.suffix.lower() == ".txt" else first_heading(text)
    pieces = list(spans(text, size, overlap)) or [(0, 0)]
    for number, (start, end) in enumerate(pieces, start=1):
        piece_id = f"{docid}#{number}" if len(pieces) > 1 else docid
        yield Doc(piece_id, text[start:end], title, {"path": name, "start": start, "end": end})


def first_heading(markdown: str) -> str:
    """The text of the first '#' heading outside of fenced code; "" where there is none."""
    fences = [match.span() for match in _FENCE.finditer(markdown)]
    for match in _HEADING.finditer(markdown):
        if not any(start <= match.start() < end for start, end in fences):
            return match[1].strip()
    return ""


def estimate_passages(folder: Path, size: int, overlap: int) -> int:
    """About how many passages `read_docs` will make, from the files' sizes at six bytes a word."""
    files = find_files(folder) if folder.is_dir() else [folder]
    step = (size - overlap) * 6 if size else 0
    return sum(max(1, path.stat().st_size // step) if step else 1 for path in files)
