"""Looking at one file before it is imported: what it is taken for, why, and its first rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rerank_core.corpus.formats import folder
from rerank_core.corpus.formats.columns import USUAL, Columns
from rerank_core.corpus.formats.delimited import has_header
from rerank_core.corpus.formats.file_format import ACCEPTED, DATA, Format, format_of
from rerank_core.corpus.formats.judgments import read_judgments
from rerank_core.corpus.formats.kinds import kind_by_suffix, kind_of
from rerank_core.corpus.formats.lines import find_encoding, plain_suffix, read_head
from rerank_core.corpus.formats.queries import read_queries
from rerank_core.corpus.report import COLUMNS, LISTED, NotRead
from rerank_core.corpus.survey.column_look import ColumnLook, look_at_columns
from rerank_core.corpus.survey.names import Claim, Part, claimed
from rerank_core.corpus.survey.shapes import (
    Sample,
    Shape,
    is_whole_set,
    named_sample,
    placed_roles,
    refuse_fields,
    sample,
    shape_of,
    suggest_part,
)
from rerank_core.errors import BadInputError

AS_SAID = "as you said"
ROWS = 3
_LONGEST_CELL = 200
_KINDS: dict[Format, str] = {
    "jsonl": "JSONL",
    "table": "a table",
    "parquet": "Parquet",
    "topics": "TREC topics",
    "text": "a text",
    "lines": "a file of lines",
}


@dataclass(frozen=True, slots=True)
class FileLook:
    """What a file is taken for.

    `name`: its path below the folder that was looked at. `part`: what it plays in the dataset, and `why`, a clause
    without its stop. `kind`: what the file is, for people ("JSONL", "an Excel workbook"). `columns`, `rows`: its
    columns and first three rows, a cell cut to 200 characters; () where there are none. `unused`: columns that are not
    read in this part. `files`: how many files this stands for: texts, and hidden files, are looked at together, and
    `path` is then their folder. `fields`: what each of its columns is taken for. `header`: of a table, whether its
    first row names the columns, None elsewhere. `sure`: False where no usual name tells the part, and a person should
    look again. `notes`: what else a person should know, a sentence each.
    """

    path: Path
    name: str
    part: Part
    why: str
    kind: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    unused: tuple[str, ...] = ()
    files: int = 1
    fields: tuple[ColumnLook, ...] = ()
    header: bool | None = None
    sure: bool = True
    notes: tuple[str, ...] = ()

    def left_out(self, why: str) -> FileLook:
        """The same file, not read."""
        return replace(self, part="not read", why=why, unused=(), fields=())


def look_at(
    path: Path, columns: Columns = USUAL, part: Part | None = None, root: Path | None = None, strict: bool = True
) -> FileLook:
    """What one file is taken for: its name, and its folders' up to `root`, claim a part, and its content decides.

    `root` None: the file stands alone, and is one of passages where it may be. `part`: what the user says it is; then
    the content is only asked which columns are not read. Raises BadInputError where it cannot be read, is of a kind
    that never is, or fits no part though its name claims one; where it is not `strict`, such a file is taken for what
    it may be, and is not sure.
    """
    name = path.relative_to(root).as_posix() if root is not None else path.name
    if part == "not read":
        return FileLook(path, name, part, AS_SAID, _kind_of_unread(path))
    kind = format_of(path)
    claim = Claim(part, True) if part is not None else _claim(path, kind, root)
    seen = sample(path, kind)
    if not seen.rows and not seen.columns:
        raise BadInputError(path, None, "the file is empty", ACCEPTED)
    shape = shape_of(seen, kind, claim, columns)
    fits = shape.part is not None
    if part is not None:
        shape = Shape(part, AS_SAID, shape.unused if shape.part == part else (), shape.header)
    elif shape.part is None and plain_suffix(path.name) in DATA and strict:
        _refuse(path, claim, seen, columns)
    sure, header = True, (shape.header if fits else _says_header(seen, columns)) if kind == "table" else None
    if shape.part is None and not strict and kind in ("table", "jsonl", "parquet") and not is_whole_set(seen):
        suggested, header = suggest_part(seen, kind, claim, columns)
        shape, sure = Shape(suggested, "its columns have no usual names", header=bool(header)), False
    seen = named_sample(seen, kind, header)
    first = tuple(tuple(_cell(value) for value in row) for row in seen.rows[:ROWS])
    called = _kind_of_unread(path) if kind == "lines" and shape.part is None else _KINDS[kind]
    found: Part = shape.part or "not read"
    placed = placed_roles(seen, found) if header is False and not columns.roles else ()
    if placed:
        fields = tuple(ColumnLook(name, role, "by its place: there is no header") for name, role in placed)
    else:
        fields = look_at_columns(seen.columns, seen.rows, found, columns) if kind in _WITH_COLUMNS else ()
    return FileLook(path, name, found, shape.why, called, seen.columns, first, shape.unused, 1, fields, header, sure)


def _says_header(seen: Sample, columns: Columns) -> bool:
    """Whether the first row of a table names its columns, where these tell no part."""
    return columns.header if columns.header is not None else has_header([list(map(str, row)) for row in seen.rows])


_WITH_COLUMNS = ("table", "jsonl", "parquet")


def _claim(path: Path, kind: Format, root: Path | None) -> Claim:
    claim = claimed(path, root)
    if kind == "text" and plain_suffix(path.name) != ".txt":
        return Claim(None, False)  # a Markdown file is prose, whatever its title
    if root is None and (kind not in ("text", "lines") or claim.part == "queries"):
        return Claim("passages", True)
    return claim


def _cell(value: Any) -> str:
    return "" if value is None else str(value)[:_LONGEST_CELL]


def _refuse(path: Path, claim: Claim, seen: Sample, columns: Columns) -> None:
    """Raise as the reader of the claimed part does."""
    if claim.part == "passages":
        refuse_fields(seen, path, columns)
    rows: Iterable[Any] = read_judgments(path) if claim.part == "grades" else ()
    rows = read_queries(path) if claim.part == "queries" else rows
    next(iter(rows), None)


def look_inside(path: Path, root: Path, columns: Columns) -> FileLook:
    """As `look_at`, for a file of a folder: what is no data is not read, and says why, where alone it is refused.

    Raises BadInputError for a file of records that cannot be read (of .json, only where its name claims a part).
    """
    name, suffix = path.relative_to(root).as_posix(), plain_suffix(path.name)
    if (kind := kind_by_suffix(suffix)) is not None:
        return FileLook(path, name, "not read", f"wanted instead: {kind.instead}", kind.name)
    try:
        return look_at(path, columns, None, root)
    except BadInputError as error:
        loose = suffix in (".json", ".gz") and claimed(path, root).part is None
        if suffix in DATA and not loose:
            raise
        why = f"{error.problem}; wanted instead: {error.expected}" if error.expected != ACCEPTED else error.problem
        return FileLook(path, name, "not read", why, _kind_of_unread(path))


def look_freely(path: Path, columns: Columns = USUAL, part: Part | None = None, root: Path | None = None) -> FileLook:
    """As `look_at`, for a person who looks before the import: what cannot be read is not, and says why.

    Its notes say what else is odd about its first rows.
    """
    name, suffix = path.relative_to(root).as_posix() if root is not None else path.name, plain_suffix(path.name)
    if part is None and (kind := kind_by_suffix(suffix)) is not None:
        return FileLook(path, name, "not read", f"wanted instead: {kind.instead}", kind.name)
    try:
        seen = look_at(path, columns, part, root, strict=False)
        return replace(seen, notes=_notes(seen)) if seen.part != "not read" else seen
    except BadInputError as error:
        line = f"line {error.line}: " if error.line is not None else ""
        called, wanted = _kind_of_unread(path), f"wanted instead: {error.expected}"
        is_kind = error.problem == f"the file is {called}"
        why = wanted if is_kind else f"{line}{error.problem}" + (f"; {wanted}" if error.expected != ACCEPTED else "")
        asked = part not in (None, "not read")
        # a folder with a file of records that cannot be read is refused: to leave it out is for a person to say
        sure = not asked and suffix not in DATA
        return FileLook(path, name, "not read", why, called, sure=sure)


_FIRST_BYTES = 4 * 2**20
"""So much of a file is read to tell its encoding."""


def _notes(seen: FileLook) -> tuple[str, ...]:
    notes = []
    if find_encoding(seen.path, _FIRST_BYTES) == "Windows-1252":
        notes.append('It is read as Windows-1252. Where letters look wrong, save it as "CSV UTF-8".')
    return tuple(notes)


def _kind_of_unread(path: Path) -> str:
    suffix = plain_suffix(path.name)
    try:
        kind = kind_of(read_head(path), suffix) or kind_by_suffix(suffix)
    except BadInputError:
        kind = None
    if kind is not None:
        return kind.name
    if suffix in (*DATA, *folder.SUFFIXES):
        return "JSON" if suffix == ".json" else suffix.removeprefix(".").upper()
    return f"a {suffix} file" if suffix else "a file without an ending"


def _names(group: Iterable[FileLook]) -> Iterator[str]:
    """The names of the files, of those looked at together the first few."""
    for seen in group:
        yield from (seen.name,) if seen.name else (row[0] for row in seen.rows)


def group_unread(looks: Iterable[FileLook]) -> tuple[NotRead, ...]:
    """What was not read of files that were looked at: a line for each kind and reason, and for each file's columns."""
    groups: dict[tuple[str, str], list[FileLook]] = {}
    columns: list[NotRead] = []
    for seen in looks:
        if seen.part == "run":
            groups.setdefault(("a run", "a run is added to a dataset that is there (import-run)"), []).append(seen)
        elif seen.part == "not read":
            groups.setdefault((seen.kind, seen.why), []).append(seen)
        elif seen.unused:
            named = ", ".join(seen.unused[:LISTED])
            columns.append(NotRead(COLUMNS, named, len(seen.unused), (seen.name or seen.path.name,)))
    files = [
        NotRead(kind, why, sum(seen.files for seen in group), tuple(_names(group))[:LISTED])
        for (kind, why), group in groups.items()
    ]
    return (*files, *columns)
