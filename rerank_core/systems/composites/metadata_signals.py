"""What metadata says of passages, as a number for each: how new it is, how much its source counts.

A passage that does not tell is treated neutrally, and counted: nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import fsum
from typing import Any

from rerank_core.systems.composites.spec import Authority, Recency
from rerank_core.types import Doc

_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2}))?")


@dataclass(frozen=True, slots=True)
class Signal:
    """`values`: docid -> number, for all passages. `notes`: how many passages did not tell, a line each."""

    values: Mapping[str, float]
    notes: tuple[str, ...] = ()


def recency(spec: Recency, docs: Sequence[Doc]) -> Signal:
    """0.5 ^ (age in days / half-life), age counted back from the spec's reference; later dates count as age 0.

    Understood: ISO 8601 dates and times (UTC where they have no zone), "2024-05" and years, as text or whole number
    (their first day). A passage without such a date gets the mean of the others, so that it is neither lifted nor sunk
    among them; 1 where there are no others.
    """
    reference = spec.reference_time()
    moments = {doc.docid: moment(doc.metadata.get(spec.field)) for doc in docs}
    missing = sum(spec.field not in doc.metadata or doc.metadata[spec.field] is None for doc in docs)
    ages = {docid: (reference - when).total_seconds() / 86_400 for docid, when in moments.items() if when is not None}
    known = {docid: 0.5 ** (max(0.0, age) / spec.half_life_days) for docid, age in ages.items()}
    neutral = fsum(known.values()) / len(known) if known else 1.0
    of = f"of {len(docs)} passages"
    notes = (
        (missing, f"{of} have no '{spec.field}': they count as the mean of the others"),
        (len(docs) - missing - len(known), f"{of} have a '{spec.field}' that is no date: mean of the others"),
        (sum(age < 0 for age in ages.values()), f"{of} are dated after {spec.reference}: they count as new"),
    )
    return Signal({doc.docid: known.get(doc.docid, neutral) for doc in docs}, _told("recency", notes))


def authority(spec: Authority, docs: Sequence[Doc]) -> Signal:
    """The table's weight of the field's value, of a list its heaviest one; 1, neutral, where the table has none.

    Values are compared as text: 5 is "5", true is "true".
    """
    table = dict(spec.table)
    values, missing, unlisted = {}, 0, 0
    for doc in docs:
        given = [_text(value) for value in _listed(doc.metadata.get(spec.field))]
        known = [table[value] for value in given if value in table]
        missing += not given
        unlisted += bool(given) and not known
        values[doc.docid] = max(known, default=1.0)
    of = f"of {len(docs)} passages"
    notes = (
        (missing, f"{of} have no '{spec.field}': weight 1"),
        (unlisted, f"{of} have a '{spec.field}' that the table does not name: weight 1"),
    )
    return Signal(values, _told("authority", notes))


def moment(value: Any) -> datetime | None:
    """A metadata value as a moment in UTC; None where it is no date that we understand."""
    if type(value) is int:
        value = str(value) if 1000 <= value <= 9999 else ""
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        if partial := _PARTIAL.fullmatch(text):
            return datetime(int(partial[1]), int(partial[2] or 1), 1, tzinfo=UTC)
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _listed(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _told(signal: str, counts: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(f"{signal}: {count} {what}" for count, what in counts if count)
