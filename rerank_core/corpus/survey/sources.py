"""Which files make up a dataset, and reading passages out of whichever format they are in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rerank_core.corpus.formats import delimited, folder, jsonl, parquet
from rerank_core.corpus.formats.columns import Columns
from rerank_core.corpus.formats.file_format import ACCEPTED, Format, format_of
from rerank_core.corpus.formats.lines import count_lines
from rerank_core.corpus.formats.record import YOURS, weight
from rerank_core.corpus.formats.regular import is_folder
from rerank_core.corpus.report import NotRead
from rerank_core.corpus.survey.choices import NO_CHOICES, Choices
from rerank_core.corpus.survey.look import FileLook, group_unread
from rerank_core.corpus.survey.names import is_split, split_name
from rerank_core.corpus.survey.survey import in_grades_folder, look, texts_left_out
from rerank_core.errors import BadInputError
from rerank_core.types import Doc


@dataclass(frozen=True, slots=True)
class Sources:
    """The files of a dataset: passages are read in this order; `qrels` maps a split's name to its files.

    `by_split`: the queries files may hold the queries of other splits too (as BEIR's does). `not_a_passage`: texts in
    a folder of `passages` that are none. `not_read`: what was left out. `root`: the folder that
    they lie in, None for a file alone. `choices`: how a person wants their columns to be read.
    """

    passages: tuple[Path, ...]
    queries: tuple[Path, ...] = ()
    qrels: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    by_split: bool = False
    not_a_passage: frozenset[Path] = frozenset()
    not_read: tuple[NotRead, ...] = ()
    root: Path | None = None
    choices: Choices = NO_CHOICES

    def columns_of(self, path: Path) -> Columns:
        """How the columns of one of the files are read."""
        return self.choices.columns_of(path, self.root)


def find_sources(path: Path, choices: Choices = NO_CHOICES) -> Sources:
    """The files at `path`: a single file, or those of a folder, by what `survey.look` takes them for.

    Raises BadInputError, naming what is accepted, where no file has passages.
    """
    looks = look(path, choices)
    passages = tuple(seen.path for seen in looks if seen.part == "passages")
    if not passages:
        raise _no_passages(path, looks)
    grades = [seen for seen in looks if seen.part == "grades"]
    qrels: dict[str, tuple[Path, ...]] = {}
    for seen in grades:
        split = split_name(seen.path)
        qrels[split] = (*qrels.get(split, ()), seen.path)
    return Sources(
        passages,
        tuple(seen.path for seen in looks if seen.part == "queries"),
        qrels,
        any(is_split(split_name(seen.path)) or in_grades_folder(seen) for seen in grades),
        texts_left_out(looks) if is_folder(path) else frozenset(),
        group_unread(looks),
        path if is_folder(path) else None,
        choices,
    )


def _no_passages(path: Path, looks: tuple[FileLook, ...]) -> BadInputError:
    if not is_folder(path):
        seen = looks[0]
        named = {"run": "this is a TREC run", "grades": "these are grades", "queries": "these are queries"}
        problem = f"{named[seen.part]} ({seen.why})" if seen.part in named else seen.why
        return BadInputError(path, None, problem, "a file of passages" if seen.part in named else ACCEPTED)
    data = [seen for seen in looks if seen.name]
    if not data:
        return BadInputError(path, None, "the folder holds nothing that can be imported", ACCEPTED)
    taken = "; ".join(f"{seen.name}: {seen.part}, {seen.why}" for seen in data[:5])
    unnamed = any(seen.columns or seen.rows for seen in data if seen.part == "not read")
    expected = f"passages in fields of the usual names, or {YOURS}" if unnamed else ACCEPTED
    return BadInputError(path, None, f"the folder has no file of passages ({taken})", expected)


def read_passages(
    path: Path, columns: Columns, size: int, overlap: int, left_out: frozenset[Path] = frozenset()
) -> Iterator[Doc]:
    """Passages of one file or one folder of texts, as a stream.

    `columns` names fields in JSONL, tables and Parquet; `size` and `overlap` are words a piece, for texts only, as is
    `left_out`: texts of the folder that are not read. Raises BadInputError where the input is wrong, when the stream
    gets there.
    """
    kind = _kind(path)
    if kind == "jsonl":
        return jsonl.read_docs(path, columns)
    if kind == "parquet":
        return parquet.read_docs(path, columns)
    return delimited.read_docs(path, columns) if kind == "table" else folder.read_docs(path, size, overlap, left_out)


def _kind(path: Path) -> Format:
    return "text" if is_folder(path) else format_of(path)


def is_text(path: Path) -> bool:
    """Whether `read_passages` cuts passages out of text files there, rather than reading records."""
    return _kind(path) not in ("jsonl", "parquet", "table")


def estimate_passages(path: Path, size: int, overlap: int) -> int:
    """About how many passages `read_passages` will give, for a progress bar: counted fast, never read."""
    kind = _kind(path)
    if kind == "parquet":
        return parquet.count_rows(path)
    return count_lines(path) if kind in ("jsonl", "table") else folder.estimate_passages(path, size, overlap)


BATCH_DOCS = 2_000
BATCH_CHARS = 8_000_000


def doc_batches(docs: Iterable[Doc]) -> Iterator[list[Doc]]:
    """Lists of at most 2,000 passages, fewer where they are long, their titles and metadata included."""
    batch: list[Doc] = []
    chars = 0
    for doc in docs:
        batch.append(doc)
        chars += len(doc.text) + len(doc.title) + len(doc.docid) + (weight(doc.metadata) if doc.metadata else 0)
        if len(batch) == BATCH_DOCS or chars >= BATCH_CHARS:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch
