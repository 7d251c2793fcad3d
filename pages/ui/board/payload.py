"""What goes down to the board: plain values and their JSON."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rerank_core.store.scales import Grade

Pieces = Sequence[tuple[str, bool]]
"""A text split where its marking changes: (piece, marked). Joined, the pieces are the text."""


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
    that it does not hold. `score` is raw, None where there is none. `cut` counts the tokens the model did not see,
    `share` is how much of the passage that is (0 to 1, None: not known).
    """

    docid: str
    rank: int
    delta: int | None = None
    score: float | None = None
    cut: int = 0
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Badge:
    """A remark on a column, such as "all scores equal"."""

    kind: Literal["info", "warn", "fail"]
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """A system's answer, best first.

    A column that is "waiting" or "failed" shows `message` (progress, or the reason in one line) and no rows. `scale`
    names the scale of the scores ("logit", "cosine"). `seconds` is None where it was not measured; `rough`: it was,
    while the machine had other work, so that alone it would be less.
    """

    id: str
    label: str
    rows: Sequence[Row] = ()
    note: str = ""
    seconds: float | None = None
    rough: bool = False
    scale: str = ""
    state: Literal["ready", "waiting", "failed"] = "ready"
    message: str = ""
    badges: Sequence[Badge] = ()


@dataclass(frozen=True, slots=True)
class BoardData:
    """The static part of the board: one query, its passages and columns.

    `outbox_key` names what the grades belong to beyond the query (the dataset; the judge too, where one browser serves
    several). It comes back with every event, so that a late one still finds its dataset. `scale`: lowest grade first.
    `docs` maps docid to passage and must hold every docid of the rows. The DOM is built again only when `version`
    changes; "" makes the version from the content. `inspect`: the query string that opens this view on the page
    Inspect, "" where cards lead nowhere. `place`: (column id, docid) of the card that somebody comes back to. The
    column id "ideal" is taken. Raises ValueError for columns that contradict this.
    """

    outbox_key: str
    qid: str
    query: str
    scale: Sequence[Grade]
    docs: Mapping[str, Passage]
    columns: Sequence[Column]
    baseline: str
    measures: Sequence[str]
    show_ideal: bool = True
    note: str = ""
    inspect: str = ""
    place: tuple[str, str] | None = None
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
            "scale": [{"grade": step.grade, "label": step.name} for step in self.scale],
            "query": {"qid": self.qid, "text": self.query, "note": self.note},
            "docs": {docid: _passage(passage) for docid, passage in self.docs.items()},
            "columns": [_column(column) for column in self.columns],
            "baseline": self.baseline,
            "show_ideal": self.show_ideal,
            "measures": list(self.measures),
            "inspect": self.inspect,
        }
        place = None if self.place is None else {"column": self.place[0], "docid": self.place[1]}
        return {"version": self.version or _digest(payload), **payload, "place": place}


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
    `as_of`: a name and a number that grows; of two with one name, the larger number is the later state (None: the one
    that arrives later). `route`: what `side_route.offer` gave. `refused`: sentences on events that were
    refused for good. `nameless`: whether grades wait until the judge says a name.
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
    as_of: tuple[str, int] | None = None
    route: Mapping[str, str] | None = None
    refused: Sequence[str] = ()
    nameless: bool = False

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
            "as_of": None if self.as_of is None else list(self.as_of),
            "route": None if self.route is None else dict(self.route),
            "refused": list(self.refused),
            "nameless": self.nameless,
        }


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _figures(figures: Figures) -> dict[str, dict[str, dict[str, float | None]]]:
    return {
        column: {
            name: {"value": _finite(figure.value), "delta": _finite(figure.delta)} for name, figure in values.items()
        }
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
        "rough": column.rough,
        "scale": column.scale,
        "state": column.state,
        "message": column.message,
        "badges": [{"kind": badge.kind, "text": badge.text} for badge in column.badges],
        "rows": [
            {
                "docid": row.docid,
                "rank": row.rank,
                "delta": row.delta,
                "score": _finite(row.score),
                "cut": row.cut,
                "share": _finite(row.share),
            }
            for row in column.rows
        ],
    }


def _digest(payload: Mapping[str, Any]) -> str:
    text = json.dumps(payload, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]
