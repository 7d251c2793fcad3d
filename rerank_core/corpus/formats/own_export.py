"""A dataset as Rerank Lens itself writes it: a folder that imports again with its scale, its judges and their history.

corpus.jsonl and queries.jsonl are BEIR's; grades.jsonl has the grades that count, for other tools; about.json has the
scale and what each grade means; history/judgments.jsonl has every grade, undo, skip and note.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO

from rerank_core.corpus.formats.beir import CORPUS, QUERIES
from rerank_core.corpus.formats.jsonl import read_objects, write_docs, write_objects
from rerank_core.corpus.formats.lines import read_text
from rerank_core.corpus.formats.queries import write_queries
from rerank_core.corpus.formats.record import as_id, as_text
from rerank_core.corpus.formats.regular import is_folder
from rerank_core.corpus.formats.trec import LARGEST_GRADE
from rerank_core.errors import BadInputError
from rerank_core.types import Doc, Qrels, Query

ABOUT, GRADES, HISTORY = "about.json", "grades.jsonl", "history/judgments.jsonl"
FILES = (CORPUS, QUERIES, GRADES, HISTORY, ABOUT)
MARK = "rerank_lens_dataset"
VERSION = 1
KINDS = ("grade", "undo", "skip", "note")
SOURCES = ("human", "import", "llm", "adjudication")
_TEXTS = ("judge", "note", "at", "text_hash", "rule")
_NUMBERS = ("id", "undoes", "restores", "grade")


@dataclass(frozen=True, slots=True)
class About:
    """What about.json says. `scale`: grade -> its name; `guidelines`: grade -> what it means, in the judges' words."""

    name: str
    scale: Mapping[int, str]
    guidelines: Mapping[int, str] = field(default_factory=dict)

    @property
    def steps(self) -> list[tuple[int, str, str]]:
        """(grade, name, guideline) of each grade, lowest first."""
        return [(grade, name, self.guidelines.get(grade, "")) for grade, name in self.scale.items()]


def write_own_export(
    folder: Path,
    about: About,
    docs: Iterable[Doc],
    queries: Iterable[Query],
    qrels: Qrels,
    history: Iterable[Mapping[str, Any]],
) -> None:
    """Write the folder, which is made. `history`: rows of the table of judgments, oldest first.

    There is no file of queries, grades or history where there are none: an empty file is refused.
    """
    (folder / HISTORY).parent.mkdir(parents=True, exist_ok=True)
    write_docs(folder / CORPUS, docs)
    write_queries(folder / QUERIES, queries)
    pairs = ((qid, docid, grade) for qid, row in qrels.items() for docid, grade in row.items())
    write_objects(folder / GRADES, ({"query-id": q, "corpus-id": d, "score": grade} for q, d, grade in pairs))
    names = (*_NUMBERS, "qid", "docid", "kind", "source", *_TEXTS)
    rows = ({name: row[name] for name in names if row[name] not in (None, "")} for row in history)
    write_objects(folder / HISTORY, rows)
    for name in (QUERIES, GRADES, HISTORY):
        if not (folder / name).stat().st_size:
            (folder / name).unlink()
    said = {MARK: VERSION, "name": about.name, "scale": dict(about.scale), "guidelines": dict(about.guidelines)}
    (folder / ABOUT).write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def find_about(source: Path) -> About | None:
    """What is said of a dataset that was written here; None for any other file or folder.

    Raises BadInputError where it says so and cannot be read, or is of a newer version.
    """
    path = source / ABOUT
    if not is_folder(source) or not path.is_file():
        return None
    try:
        said = json.loads(read_text(path))
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or MARK not in said:
        return None
    if said[MARK] != VERSION:
        raise BadInputError(path, None, f"it was written by another version ({said[MARK]!r:.40})", f"version {VERSION}")
    return About(
        as_text(said.get("name"), "name", path, None), _grades(path, said, "scale"), _grades(path, said, "guidelines")
    )


def unpack_own_export(archive: BinaryIO, folder: Path) -> bool:
    """Unpack a zip archive that was exported here into a folder; False, and nothing is written, for any other file.

    Of its members only those that an export has are read. Raises BadInputError where they would be too large, or
    cannot be unpacked.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            there = [name for name in FILES if name in packed.namelist()]
            if ABOUT not in there or not _is_marked(packed):
                return False
            if sum(packed.getinfo(name).file_size for name in there) > LARGEST_EXPORT:
                raise BadInputError("the archive", None, "it would be larger than 8 GB", "its folder, unpacked by you")
            for name in there:
                (folder / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with packed.open(name) as source, (folder / name).open("xb") as target:
                    _copy(source, target, packed.getinfo(name).file_size)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        for name in FILES:  # what was unpacked before it turned out to be damaged
            (folder / name).unlink(missing_ok=True)
        return False
    return True


LARGEST_EXPORT = 8 * 10**9
"""Bytes of an export that is unpacked."""


def _is_marked(packed: zipfile.ZipFile) -> bool:
    with packed.open(ABOUT) as stream:
        return f'"{MARK}"'.encode() in stream.read(2**20)


def _copy(source: IO[bytes], target: IO[bytes], most: int) -> None:
    """Copy no more than the archive says that there is."""
    left = most
    while left > 0 and (block := source.read(min(2**20, left))):
        target.write(block)
        left -= len(block)


def _grades(path: Path, said: Mapping[str, Any], name: str) -> dict[int, str]:
    values = said.get(name)
    try:
        grades = {int(grade): text for grade, text in values.items()} if isinstance(values, dict) else None
    except ValueError:
        grades = None
    if grades is None or not all(
        isinstance(text, str) and abs(grade) <= LARGEST_GRADE for grade, text in grades.items()
    ):
        raise BadInputError(path, None, f"its {name} cannot be read", 'an object such as {"0": "No", "1": "Yes"}')
    return dict(sorted(grades.items()))


def read_history(source: Path) -> Iterator[dict[str, Any]]:
    """The rows of the history, oldest first, `None` and "" for what a row does not say; none without the file.

    Raises BadInputError for a row that is none.
    """
    path = source / HISTORY
    if not path.is_file():
        return
    seen: set[int] = set()
    for line, row in read_objects(path):
        found: dict[str, Any] = {name: row.get(name) for name in _NUMBERS}
        found |= {name: as_text(row.get(name), name, path, line) for name in _TEXTS}
        found |= {name: as_id(row.get(name), name, path, line) if row.get(name) else "" for name in ("qid", "docid")}
        found |= {"kind": row.get("kind"), "source": row.get("source")}
        wrong = [name for name in _NUMBERS if not (found[name] is None or type(found[name]) is int)]
        strangers = [name for name in ("undoes", "restores") if found[name] is not None and found[name] not in seen]
        if wrong or strangers or found["id"] is None or found["kind"] not in KINDS or found["source"] not in SOURCES:
            expected = "a row as Rerank Lens writes it"
            raise BadInputError(path, line, f"this is no row of the history ({', '.join(row)[:80]})", expected)
        seen.add(found["id"])
        yield found
