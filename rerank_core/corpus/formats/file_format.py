"""In which format a file is, by its first bytes and the end of its name; which part it plays is `shapes`' to say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from rerank_core.corpus.formats import folder, jsonl
from rerank_core.corpus.formats.kinds import PARQUET, refuse_kind
from rerank_core.corpus.formats.lines import plain_suffix, read_head
from rerank_core.corpus.formats.topic_files import is_topics

Format = Literal["jsonl", "table", "parquet", "topics", "text", "lines"]
"""`text` is prose in .txt or .md; `lines` is a text file whose name tells nothing, such as TREC's."""

TABLES = (".csv", ".tsv", ".tab")
DATA = (*jsonl.SUFFIXES, *TABLES, ".parquet")
"""The endings of files of records."""

ACCEPTED = (
    "a BEIR folder (corpus.jsonl, queries.jsonl, qrels/), a folder of .txt or .md files, .jsonl, .csv, .tsv, .parquet, "
    ".txt, .md, TREC topics, TREC qrels (qid iteration docid grade) or a TREC run (qid Q0 docid rank score tag)"
)


def format_of(path: Path) -> Format:
    """The format of a file that can be read as one. Raises BadInputError, naming the kind, for any other.

    JSON a line is JSONL whatever the name says, and so is Parquet; a table is one by its name.
    """
    suffix, head = plain_suffix(path.name), read_head(path)
    if head.startswith(PARQUET):
        return "parquet"
    refuse_kind(path, head)
    if suffix == ".parquet":
        return "parquet"
    start = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if suffix in jsonl.SUFFIXES or (suffix not in TABLES and _is_object(start)):
        return "jsonl"
    if is_topics(start):
        return "topics"
    if suffix in TABLES:
        return "table"
    return "text" if suffix in folder.SUFFIXES else "lines"


def _is_object(start: str) -> bool:
    """Whether the first line is a JSON object, or the beginning of a long one."""
    first, end, _ = start.partition("\n")
    if not end:
        return first.startswith('{"')
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False
