"""The BEIR folder: corpus.jsonl, queries.jsonl and qrels/<split>.tsv."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from rerank_core.corpus.formats.jsonl import write_docs
from rerank_core.corpus.formats.lines import WHITE
from rerank_core.corpus.formats.queries import write_queries
from rerank_core.errors import BadInputError
from rerank_core.types import Doc, Qrels, Query

CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels"


def write_beir(folder: Path, docs: Iterable[Doc], queries: Iterable[Query], qrels: Mapping[str, Qrels]) -> None:
    """Write a BEIR folder that reads back as the same ids, texts, titles, metadata, notes, tags and grades.

    `qrels` maps a split's name to its grades. The folder is made. Raises BadInputError, and writes nothing, where an
    id holds a tab or a line break.
    """
    tables = {split: _table(rows) for split, rows in qrels.items()}
    (folder / QRELS).mkdir(parents=True, exist_ok=True)
    write_docs(folder / CORPUS, docs)
    write_queries(folder / QUERIES, queries)
    for split, table in tables.items():
        (folder / QRELS / f"{split}.tsv").write_text(table, encoding="utf-8", newline="\n")


def _table(qrels: Qrels) -> str:
    lines = ["query-id\tcorpus-id\tscore\n"]
    for qid, row in qrels.items():
        lines += [f"{_cell(qid)}\t{_cell(docid)}\t{grade}\n" for docid, grade in row.items()]
    return "".join(lines)


def _cell(name: str) -> str:
    if name != name.strip(WHITE) or any(mark in name for mark in '\t\n\r"'):
        raise BadInputError(
            "BEIR folder", None, f"the id {name!r} cannot stand in a TSV cell", "ids without tabs, quotes"
        )
    return name
