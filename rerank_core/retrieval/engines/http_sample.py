"""What an HTTP API answers, looked through: where its hits are, and which of their fields holds what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rerank_core.retrieval.engines.engine import Column, paths_in

SAMPLE = 3
"""Hits whose fields are looked at."""
_DEEPEST = 6


def list_of_hits(answer: Any) -> tuple[str, list[Mapping[str, Any]]] | None:
    """(path, hits) of the list of objects whose objects have the most text, the least deep one of equals; None: none.

    >>> list_of_hits({"took": 3, "facets": [{"n": 1}], "data": {"hits": [{"id": 7, "body": "Terns dive."}]}})
    ('data.hits', [{'id': 7, 'body': 'Terns dive.'}])
    """
    found = [(_weight(rows), path, rows) for path, rows in _lists(answer, "", 0)]
    best = max(found, key=lambda one: (one[0], -one[1].count(".")), default=None)
    return None if best is None else (best[1], best[2])


def columns_of(rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    """The fields of the first hits, by dotted path, in their order; kinds are those of JSON: text, number, list ..."""
    kinds: dict[str, str] = {}
    for row in rows[:SAMPLE]:
        for path, value in paths_in(row):
            if value is not None:
                kinds.setdefault(path, _kind(value))
    return [Column(path, kind) for path, kind in kinds.items()]


def _lists(part: Any, path: str, depth: int) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    if depth > _DEEPEST:
        return
    if isinstance(part, list) and part and all(isinstance(row, Mapping) for row in part):
        yield path, part
    elif isinstance(part, Mapping):
        for name, inner in part.items():
            yield from _lists(inner, f"{path}.{name}" if path else str(name), depth + 1)


def _weight(rows: Sequence[Mapping[str, Any]]) -> int:
    """Characters of text in the first hits: facets and messages have few."""
    return sum(len(value) for row in rows[:SAMPLE] for _, value in paths_in(row) if isinstance(value, str))


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "text"
    return "number" if isinstance(value, int | float) else "list"
