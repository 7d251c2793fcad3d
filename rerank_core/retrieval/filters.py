"""Metadata filters: which passages may be found, and what there is to filter by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rerank_core.retrieval.settings import Filters, Scalar
from rerank_core.types import Doc


def allowed_docids(docs: Iterable[Doc], filters: Filters) -> frozenset[str] | None:
    """The docids that pass every filter; None where there is no filter (all may be found).

    A passage passes a field with any of its allowed values; where its value is a list, with any item of the list.
    Without the field it does not pass. True is not 1, "1" is not 1, 1.0 is 1.
    """
    if not filters:
        return None
    wanted = {field: {_typed(value) for value in allowed} for field, allowed in filters}
    return frozenset(doc.docid for doc in docs if _passes(doc.metadata, wanted))


def filterable_fields(docs: Iterable[Doc], max_values: int = 50) -> dict[str, tuple[tuple[Scalar, int], ...]]:
    """Field -> its values with the number of passages that have each, most frequent first, then by the value's text.

    Only fields with `max_values` distinct values or fewer, all of them texts, numbers, true or false, or lists of
    these. A missing value and null are no value.
    """
    counts: dict[str, dict[tuple[bool, Scalar], int]] = {}
    dropped: set[str] = set()
    for doc in docs:
        for field, value in doc.metadata.items():
            if field in dropped:
                continue
            values = _values(value)
            seen = counts.setdefault(field, {})
            for key in values or ():
                seen[key] = seen.get(key, 0) + 1
            if values is None or len(seen) > max_values:
                dropped.add(field)
                del counts[field]
    return {field: _sorted(seen) for field, seen in counts.items() if seen}


def _sorted(seen: Mapping[tuple[bool, Scalar], int]) -> tuple[tuple[Scalar, int], ...]:
    pairs = ((value, count) for (_, value), count in seen.items())
    return tuple(sorted(pairs, key=lambda pair: (-pair[1], str(pair[0]))))


def _passes(metadata: Mapping[str, Any], wanted: Mapping[str, set[tuple[bool, Scalar]]]) -> bool:
    return all(not values.isdisjoint(_values(metadata.get(field)) or ()) for field, values in wanted.items())


def _values(value: Any) -> set[tuple[bool, Scalar]] | None:
    """The distinct values that a passage has in a field; None where they are nothing to filter by."""
    items = value if isinstance(value, list | tuple) else [value]
    items = [item for item in items if item is not None]
    if not all(isinstance(item, str | int | float) for item in items):
        return None
    return {_typed(item) for item in items}


def _typed(value: Scalar) -> tuple[bool, Scalar]:
    return isinstance(value, bool), value
