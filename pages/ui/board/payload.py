"""What travels between the page and the board: plain values, their JSON, and the check of what comes back."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeGuard

Pieces = Sequence[tuple[str, bool]]
"""A text split where its marking changes: (piece, marked). Joined, the pieces are the text."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MOST_EVENTS = 10_000
_LONGEST_ID = 4_096
_LARGEST_INT = 2**53


@dataclass(frozen=True, slots=True)
class GradeStep:
    """One step of the grading scale; `label` says what it means. Steps are given from worst to best."""

    grade: int
    label: str


@dataclass(frozen=True, slots=True)
class Passage:
    """What a card shows of a passage. `found_by` pairs a retriever's name with its rank (from 1)."""

    title: Pieces
    text: Pieces
    found_by: Sequence[tuple[str, int]] = ()
    meta: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A place in a column, `rank` from 1.

    `delta` counts the places gained against the baseline (+6: six up); None in the baseline itself and for a passage
    that it does not hold. `score` is raw, None where there is none. `cut` counts the tokens the model did not see.
    """

    docid: str
    rank: int
    delta: int | None = None
    score: float | None = None
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Badge:
    """A remark on a column, such as "all scores equal"."""

    kind: Literal["info", "warn", "fail"]
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """A system's answer, best first.

    A column that is "waiting" or "failed" shows `message` (progress, or the reason in one line) and no rows. `scale`
    names the scale of the scores ("logit", "cosine"). `seconds` is None where it was not measured.
    """

    id: str
    label: str
    rows: Sequence[Row] = ()
    note: str = ""
    seconds: float | None = None
    scale: str = ""
    state: Literal["ready", "waiting", "failed"] = "ready"
    message: str = ""
    badges: Sequence[Badge] = ()


@dataclass(frozen=True, slots=True)
class BoardData:
    """The static part of the board: one query, its passages and columns.

    `outbox_key` names what the grades belong to beyond the query (the dataset; the judge too, where one browser serves
    several). It comes back with every event, so that a late one still finds its dataset. `docs` maps docid to passage
    and must hold every docid of the rows. The DOM is built again only when `version` changes; "" makes the version from
    the content. The column id "ideal" is taken. Raises ValueError for columns that contradict this.
    """

    outbox_key: str
    qid: str
    query: str
    scale: Sequence[GradeStep]
    docs: Mapping[str, Passage]
    columns: Sequence[Column]
    baseline: str
    measures: Sequence[str]
    show_ideal: bool = True
    note: str = ""
    version: str = ""

    def __post_init__(self) -> None:
        ids = [column.id for column in self.columns]
        if len(set(ids)) != len(ids) or "ideal" in ids:
            raise ValueError(f"column ids must differ, and 'ideal' is taken: {ids}")
        for column in self.columns:
            docids = [row.docid for row in column.rows]
            if len(set(docids)) != len(docids):
                raise ValueError(f"column {column.id!r} holds a passage twice")
            missing = [docid for docid in docids if docid not in self.docs]
            if missing:
                raise ValueError(f"column {column.id!r} holds passages that docs lacks: {missing[:3]}")

    def to_json(self) -> dict[str, Any]:
        """The payload of the component: JSON values only; numbers that are not finite become None."""
        payload = {
            "outbox_key": self.outbox_key,
            "scale": [{"grade": step.grade, "label": step.label} for step in self.scale],
            "query": {"qid": self.qid, "text": self.query, "note": self.note},
            "docs": {docid: _passage(passage) for docid, passage in self.docs.items()},
            "columns": [_column(column) for column in self.columns],
            "baseline": self.baseline,
            "show_ideal": self.show_ideal,
            "measures": list(self.measures),
        }
        return {"version": self.version or _digest(payload), **payload}


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value and its difference to the baseline (None: not known, or the baseline itself)."""

    value: float | None
    delta: float | None = None


Figures = Mapping[str, Mapping[str, Figure]]
"""column id -> measure -> figure; the id "ideal" stands for the best order that these candidates allow."""


@dataclass(frozen=True, slots=True)
class SyncData:
    """What changes with a grade.

    `ack` maps each client_id of the outbox that was read to the last seq that is committed *or refused for good*; what
    it does not name is sent again. `labels` maps docid to grade for this query after those events. `n` counts the
    labels of the query, `total` those of the dataset (None: not shown). `means` covers `means_n` queries; empty: none.
    """

    outbox_key: str
    qid: str
    ack: Mapping[str, int]
    labels: Mapping[str, int]
    n: int
    total: int | None = None
    stale: Sequence[str] = ()
    measures: Figures = field(default_factory=dict)
    means: Figures = field(default_factory=dict)
    means_n: int = 0
    status: str = ""

    def to_json(self) -> dict[str, Any]:
        """The payload of the component: JSON values only; numbers that are not finite become None."""
        return {
            "outbox_key": self.outbox_key,
            "qid": self.qid,
            "ack": dict(self.ack),
            "labels": dict(self.labels),
            "n": self.n,
            "total": self.total,
            "stale": list(self.stale),
            "measures": _figures(self.measures),
            "means": _figures(self.means),
            "means_n": self.means_n,
            "status": self.status,
        }


@dataclass(frozen=True, slots=True)
class GradeEvent:
    """Something a judge did on the board.

    (`client_id`, `seq`) is unique and numbers the events of one page load from 1 without a gap. `ts` is the browser's
    clock in milliseconds since 1970: for information only. For an undo, `docid` and `grade` are what the board expects
    to see again (docid "": unknown; grade -1: no label); the server decides what is undone.
    """

    client_id: str
    seq: int
    kind: Literal["grade", "undo"]
    docid: str
    grade: int
    ts: int
    qid: str
    outbox_key: str


def parse_outbox(raw: object) -> list[GradeEvent]:
    """Read the events of an outbox that a browser sent; never raises.

    Clients come in the order of their first event, the events of each by seq. Doubled and malformed ones are dropped.
    """
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes):
        return []
    events: dict[tuple[str, int], GradeEvent] = {}
    clients: dict[str, int] = {}
    for item in raw[:_MOST_EVENTS]:
        event = _event(item)
        if event is not None:
            clients.setdefault(event.client_id, len(clients))
            events.setdefault((event.client_id, event.seq), event)
    return sorted(events.values(), key=lambda event: (clients[event.client_id], event.seq))


def _event(item: object) -> GradeEvent | None:
    if not isinstance(item, Mapping):
        return None
    client_id, seq, kind, docid = item.get("client_id"), item.get("seq"), item.get("kind"), item.get("docid")
    grade, ts, qid, outbox_key = item.get("grade"), item.get("ts"), item.get("qid"), item.get("outbox_key")
    if not (isinstance(client_id, str) and _UUID.fullmatch(client_id)):
        return None
    if not _is_id(docid) or not _is_id(qid) or not _is_id(outbox_key):
        return None
    if not _is_int(seq, 1) or not _is_int(grade, -1) or not _is_int(ts, 0):
        return None
    if kind == "grade" and docid and grade >= 0:
        return GradeEvent(client_id.lower(), seq, "grade", docid, grade, ts, qid, outbox_key)
    if kind == "undo":
        return GradeEvent(client_id.lower(), seq, "undo", docid, grade, ts, qid, outbox_key)
    return None


def _is_id(value: Any) -> TypeGuard[str]:
    # A lone surrogate cannot be stored in SQLite.
    return isinstance(value, str) and len(value) <= _LONGEST_ID and not any("\ud800" <= c <= "\udfff" for c in value)


def _is_int(value: Any, least: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= _LARGEST_INT


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _figures(figures: Figures) -> dict[str, dict[str, dict[str, float | None]]]:
    return {
        column: {name: {"value": _finite(one.value), "delta": _finite(one.delta)} for name, one in values.items()}
        for column, values in figures.items()
    }


def _passage(passage: Passage) -> dict[str, Any]:
    return {
        "title": [[piece, marked] for piece, marked in passage.title],
        "text": [[piece, marked] for piece, marked in passage.text],
        "found_by": [[name, rank] for name, rank in passage.found_by],
        "meta": [[name, value] for name, value in passage.meta],
    }


def _column(column: Column) -> dict[str, Any]:
    return {
        "id": column.id,
        "label": column.label,
        "note": column.note,
        "seconds": _finite(column.seconds),
        "scale": column.scale,
        "state": column.state,
        "message": column.message,
        "badges": [{"kind": badge.kind, "text": badge.text} for badge in column.badges],
        "rows": [
            {"docid": row.docid, "rank": row.rank, "delta": row.delta, "score": _finite(row.score), "cut": row.cut}
            for row in column.rows
        ],
    }


def _digest(payload: Mapping[str, Any]) -> str:
    text = json.dumps(payload, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]
