"""A folder of .txt and .md files: each file, or each piece of one, is a passage."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from rerank_core.corpus.formats.chunking import spans
from rerank_core.corpus.formats.lines import LARGEST, read_text
from rerank_core.corpus.formats.record import as_id
from rerank_core.corpus.formats.regular import is_folder
from rerank_core.corpus.formats.walk import walk
from rerank_core.errors import BadInputError
from rerank_core.types import Doc

SUFFIXES = (".txt", ".md", ".markdown")
_FENCES = ("```", "~~~")
_LONGEST_TITLE = 1_000
"""Characters of a heading; what is longer is cut."""
_LOOKED_AT = 2**20
"""A heading is looked for in so many characters."""


def find_files(folder: Path) -> list[Path]:
    """The text files under `folder` at any depth, by relative path; names that begin with a dot are left out."""
    return [path for path in walk(folder).files if path.name.lower().endswith(SUFFIXES)]


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
    files, root = (find_files(folder), folder) if is_folder(folder) else ([folder], folder.parent)
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
    pieces = spans(text, size, overlap)
    first = list(islice(pieces, 2)) or [(0, 0)]
    for number, (start, end) in enumerate(chain(first, pieces), start=1):
        if end - start > LARGEST:
            raise BadInputError(path, None, "a passage of it is longer than 8 MiB", "pieces of some hundred words")
        piece_id = f"{docid}#{number}" if len(first) > 1 else docid
        yield Doc(as_id(piece_id, "id", path, None), text[start:end], title, {"path": name, "start": start, "end": end})


def first_heading(markdown: str) -> str:
    """The text of the first '#' heading outside of fenced code, cut to 1,000 characters; "" where there is none.

    A fence that is never closed hides nothing.
    """
    closing, hidden = "", ""
    for line in _lines(markdown[:_LOOKED_AT]):
        mark = next((fence for fence in _FENCES if _indented(line).startswith(fence)), "")
        if closing:
            if mark == closing:
                closing = hidden = ""
            else:
                hidden = hidden or _heading(line)
        elif mark:
            closing = mark
        elif heading := _heading(line):
            return heading
    return hidden


def _lines(text: str) -> Iterator[str]:
    """The lines, each without its end; no more of the text in memory than one of them."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield text[start:end].removesuffix("\r")
        start = end + 1


def _indented(line: str) -> str:
    """The line without up to three spaces before it; more of them make code of it."""
    inner = line.lstrip(" ")
    return inner if len(line) - len(inner) <= 3 else ""


def _heading(line: str) -> str:
    """The text of a heading, its closing '#' signs left out; "" where the line is none."""
    inner = _indented(line)
    rest = inner.lstrip("#")
    if not 1 <= len(inner) - len(rest) <= 6 or not rest.startswith((" ", "\t")):
        return ""
    text = rest.strip(" \t")
    return text.rstrip("#").strip()[:_LONGEST_TITLE]


def estimate_passages(folder: Path, size: int, overlap: int) -> int:
    """About how many passages `read_docs` will make, from the files' sizes at six bytes a word."""
    files = find_files(folder) if is_folder(folder) else [folder]
    step = (size - overlap) * 6 if size else 0
    return sum(max(1, path.stat().st_size // step) if step else 1 for path in files)
