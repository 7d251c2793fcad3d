"""What a file is, by its name and its first bytes: its format, and the part it plays in a dataset."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from rerank_core.corpus import beir, delimited, folder, jsonl, judgments, queries, record
from rerank_core.corpus.lines import decode, open_bytes, plain_suffix, unreadable
from rerank_core.errors import BadInputError

Format = Literal["beir", "folder", "jsonl", "delimited", "parquet", "text", "trec"]
Role = Literal["dataset", "passages", "queries", "judgments", "run"]

HEAD_BYTES = 65_536
ACCEPTED = (
    "a BEIR folder (corpus.jsonl, queries.jsonl, qrels/), a folder of .txt or .md files, .jsonl, .csv, .tsv, .parquet, "
    ".txt, .md, TREC qrels (qid iteration docid grade) or a TREC run (qid Q0 docid rank score tag)"
)

KNOWN = (*queries.TABLES, *folder.SUFFIXES)


class Detected(NamedTuple):
    """A file's format, and the part it plays: a whole dataset, passages, queries, judgments or a run."""

    format: Format
    role: Role


def detect(path: Path) -> Detected:
    """What lies at `path`. Raises BadInputError, naming what is accepted, where it is nothing that can be read."""
    if path.is_dir():
        if beir.corpus_file(path):
            return Detected("beir", "dataset")
        if any(is_data(entry) for entry in path.iterdir()) or folder.find_files(path):
            return Detected("folder", "dataset")
        raise BadInputError(path, None, "the folder holds nothing that can be imported", ACCEPTED)
    try:
        with open_bytes(path) as stream:
            head = stream.read(HEAD_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from error
    return detect_upload(path.name.lower().removesuffix(".gz"), head)


def is_data(path: Path) -> bool:
    """Whether this is a file of records (JSONL, CSV, TSV, Parquet), by its name alone."""
    suffixes = (*jsonl.SUFFIXES, *queries.TABLES, ".parquet")
    return path.is_file() and plain_suffix(path.name) in suffixes and not path.name.startswith(".")


def detect_upload(name: str, head: bytes) -> Detected:
    """What an uploaded file is, from its name and its first bytes (64 KiB are enough). Raises BadInputError."""
    if name.lower().endswith(".gz"):
        name, head = name[:-3], _unpacked(name, head)
    suffix = Path(name.lower()).suffix
    if suffix == ".parquet" or head.startswith(b"PAR1"):
        return Detected("parquet", "passages")
    if not head.strip():
        raise BadInputError(name, None, "the file is empty", ACCEPTED)
    lines = _whole_lines(name, head)
    if suffix in jsonl.SUFFIXES or (suffix not in KNOWN and lines[0].startswith("{")):
        return Detected("jsonl", _role_of_objects(name, lines[0]))
    if role := _trec_role(lines):
        return Detected("trec", role)
    if suffix in queries.TABLES:
        return Detected("delimited", _role_of_table(name, lines))
    if suffix in folder.SUFFIXES:
        return Detected("text", "queries" if _is_named_queries(name) else "passages")
    raise BadInputError(name, None, "this kind of file is not known", ACCEPTED)


def _unpacked(name: str, head: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(head)) as stream:
            return stream.read1(HEAD_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInputError(name, None, "the name says .gz, the content does not", "a file packed by gzip") from error


def _whole_lines(name: str, head: bytes) -> list[str]:
    # the head may end inside a character: only whole lines are looked at, unless there is just one
    whole = head[: head.rfind(b"\n") + 1] if b"\n" in head else head
    if len(head) >= HEAD_BYTES and whole is head:
        whole = head[: HEAD_BYTES - 4].decode("utf-8", "ignore").encode("utf-8")
    lines = [line for line in decode(Path(name), whole).splitlines() if line.strip()]
    return lines or [""]


def _role_of_objects(name: str, first: str) -> Role:
    try:
        value = json.loads(first)
    except (ValueError, RecursionError):
        value = None  # the reader will say what is wrong, and where
    fields = tuple(value) if isinstance(value, dict) else ()
    has_title = record.find_columns(fields, record.Columns()).title is not None
    return "queries" if _is_named_queries(name) or (not has_title and "query" in fields) else "passages"


def _role_of_table(name: str, lines: Sequence[str]) -> Role:
    delimiter = "\t" if Path(name).suffix in (".tsv", ".tab") else delimited.guess_delimiter(lines[0])
    header = [cell.strip().strip('"') for cell in lines[0].split(delimiter)]
    if judgments.find_places(header)[0] or judgments.places_without_header(header):
        return "judgments"
    found = record.find_columns(tuple(header), record.Columns())
    if _is_named_queries(name) or (not found.text and (len(header) == 2 or {"qid", "query"} & set(header))):
        return "queries"
    return "passages"


def _is_named_queries(name: str) -> bool:
    return any(word in name.lower() for word in ("queries", "query", "topics"))


def _trec_role(lines: Sequence[str]) -> Role | None:
    rows = [line.split() for line in lines[:20] if not line.startswith("#")]
    if rows and all(len(row) == 6 and judgments.is_number(row[3]) and judgments.is_number(row[4]) for row in rows):
        return "run"
    if rows and all(len(row) == 4 and judgments.is_number(row[3]) for row in rows):
        return "judgments"
    return None
