"""JSONL: one JSON object per line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rerank_core.corpus.formats.columns import USUAL, Columns
from rerank_core.corpus.formats.lines import read_lines
from rerank_core.corpus.formats.record import MOST_FIELDS, make_doc, refuse_surrogates
from rerank_core.errors import BadInputError
from rerank_core.types import Doc

SUFFIXES = (".jsonl", ".ndjson", ".json")

_MOST_PARTS = 1_000_000
"""Brackets and commas of a line: each makes something that weighs tens of bytes in memory."""


def read_docs(path: Path, columns: Columns = USUAL) -> Iterator[Doc]:
    """Passages in their order of lines. Raises BadInputError at the line that is wrong."""
    for line, record in read_objects(path):
        yield make_doc(record, columns, path, line)


def read_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line, object) for each line that is not blank; NaN and Infinity, which JSON has not, are read as null."""
    for line, text in read_lines(path):
        if text.strip():
            yield line, _parse(path, line, text)


def _parse(path: Path, line: int, text: str) -> dict[str, Any]:
    expected = "one JSON object per line"
    if len(text) > _MOST_PARTS and sum(map(text.count, "{[,")) > _MOST_PARTS:
        raise BadInputError(path, line, f"the line has more than {_MOST_PARTS:,} brackets and commas", expected)
    try:
        value = json.loads(text, parse_constant=lambda _: None)
    except RecursionError as error:
        raise BadInputError(path, line, "the JSON is nested too deeply", expected) from error
    except ValueError as error:
        raise BadInputError(path, line, _problem(error, text, line), expected) from error
    if not isinstance(value, dict):
        raise BadInputError(path, line, f"it is JSON, but a {type(value).__name__} and not an object", expected)
    if len(value) > MOST_FIELDS:
        raise BadInputError(path, line, f"the object has {len(value):,} fields", f"at most {MOST_FIELDS:,}")
    if "\\u" in text:
        refuse_surrogates(value, path, line)
    return value


def _problem(error: ValueError, text: str, line: int) -> str:
    if line == 1 and text.lstrip().startswith("["):
        return "the file is one JSON array"
    if not isinstance(error, json.JSONDecodeError):
        return f"it is not JSON ({error})"
    if error.msg == "Extra data":
        behind = text[error.pos :].strip()
        return "a comma stands behind the object" if behind == "," else "there is more than one object on the line"
    if text.lstrip().startswith("{") and error.pos >= len(text.rstrip()):
        return "the JSON object does not end on its line"
    return f"it is not JSON ({error.msg.lower()})"


def write_docs(path: Path, docs: Iterable[Doc]) -> None:
    """Passages as `_id`, `title`, `text` and, where there is any, `metadata`."""
    write_objects(
        path,
        (
            {"_id": d.docid, "title": d.title, "text": d.text, **({"metadata": dict(d.metadata)} if d.metadata else {})}
            for d in docs
        ),
    )


def write_objects(path: Path, objects: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object a line, in UTF-8."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for item in objects:
            stream.write(json.dumps(item, ensure_ascii=False) + "\n")
