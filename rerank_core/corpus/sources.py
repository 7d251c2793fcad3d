"""Which files make up a dataset, and reading passages out of whichever format they are in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rerank_core.corpus import beir, delimited, folder, jsonl, parquet
from rerank_core.corpus.detect import ACCEPTED, detect, is_data
from rerank_core.corpus.lines import count_lines
from rerank_core.corpus.record import Columns
from rerank_core.errors import BadInputError
from rerank_core.types import Doc


@dataclass(frozen=True, slots=True)
class Sources:
    """The files of a dataset: passages are read in this order; `qrels` maps a split's name to its file.

    `by_split`: the queries file may hold the queries of other splits too (as BEIR's does).
    """

    passages: tuple[Path, ...]
    queries: tuple[Path, ...] = ()
    qrels: Mapping[str, Path] = field(default_factory=dict)
    by_split: bool = False


def find_sources(path: Path) -> Sources:
    """The files at `path`: a single file, a BEIR folder, a folder of data files, a folder of texts.

    In a folder of data files (JSONL, CSV, TSV, Parquet) the files beside each other are told apart by their names and
    first lines, so that an upload may be one flat folder; several files of passages are read one after the other.
    Raises BadInputError, naming what is accepted.
    """
    found = detect(path)
    if not path.is_dir():
        if found.format == "trec":
            raise BadInputError(path, None, f"this is a file of TREC {found.role}", "a file of passages")
        return Sources((path,))
    if corpus := beir.corpus_file(path):
        return _beir(path, corpus)
    if not any(map(is_data, path.iterdir())):
        return Sources((path,))
    files = _roles(path)
    if not files["passages"]:
        raise BadInputError(path, None, "the folder has no file of passages", ACCEPTED)
    return Sources(files["passages"], files["queries"], _by_split(files["judgments"]))


def _beir(path: Path, corpus: Path) -> Sources:
    queries, qrels = beir.queries_file(path), beir.split_files(path)
    if queries and qrels:
        return Sources((corpus,), (queries,), qrels, by_split=True)
    files = _roles(path)
    named = (queries,) if queries else files["queries"]
    return Sources((corpus,), named, qrels or _by_split(files["judgments"]), by_split=True)


def _by_split(paths: tuple[Path, ...]) -> dict[str, Path]:
    return {beir.split_name(path): path for path in paths}


def _roles(path: Path) -> dict[str, tuple[Path, ...]]:
    """Role -> files directly in the folder. Texts play no part here, but for TREC files and lists of queries."""
    roles: dict[str, list[Path]] = {"passages": [], "queries": [], "judgments": [], "run": []}
    for file in sorted(path.iterdir()):
        if not file.is_file() or file.name.startswith("."):
            continue
        try:
            found = detect(file)
        except BadInputError:
            if is_data(file):
                raise
            continue
        if found.format != "text" or found.role == "queries":
            roles[found.role].append(file)
    return {role: tuple(files) for role, files in roles.items()}


def read_passages(path: Path, columns: Columns, size: int, overlap: int) -> Iterator[Doc]:
    """Passages of one file or one folder of texts, as a stream.

    `columns` names fields in JSONL, tables and Parquet; `size` and `overlap` are words a piece, for texts only.
    Raises BadInputError where the input is wrong, when the stream gets there.
    """
    kind = "folder" if path.is_dir() else detect(path).format
    if kind == "jsonl":
        return jsonl.read_docs(path, columns)
    if kind == "parquet":
        return parquet.read_docs(path, columns)
    return delimited.read_docs(path, columns) if kind == "delimited" else folder.read_docs(path, size, overlap)


def is_text(path: Path) -> bool:
    """Whether `read_passages` cuts passages out of text files there, rather than reading records."""
    return path.is_dir() or detect(path).format == "text"


def estimate_passages(path: Path, size: int, overlap: int) -> int:
    """About how many passages `read_passages` will give, for a progress bar: counted fast, never read."""
    kind = "folder" if path.is_dir() else detect(path).format
    if kind == "parquet":
        return parquet.count_rows(path)
    return count_lines(path) if kind in ("jsonl", "delimited") else folder.estimate_passages(path, size, overlap)
