"""The tables of the report: the page's own figures, each with how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal

from rerank_core.evaluation.numbers import signed
from rerank_core.reports.report import Report
from rerank_core.views.efficiency import COST, P50, P95, efficiency_columns
from rerank_core.views.summary import DIFFERENCE, P, summary_frame, unjudged_frame

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["text", "count", "four", "change", "share", "ms", "usd"]
MISSING = "–"
MOST = 500
"""Queries that the report lists one by one; the CSV has all of them."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value, None where there is none, and how a person reads it."""

    value: str | float | int | None
    shown: str


@dataclass(frozen=True, slots=True)
class Table:
    """`columns`: (name, kind); the first one names the row. `rows`: as many cells each."""

    columns: tuple[tuple[str, Kind], ...]
    rows: tuple[tuple[Cell, ...], ...]


def systems_table(report: Report) -> Table:
    """The page's table of systems: quality, difference, doubt and efficiency; empty columns are left out."""
    frame = summary_frame(report.summary).join(efficiency_columns(report.efficiency, report.price))
    unneeded = [name for name in ("Nothing returned", "Failed", "Not ranked") if not frame[name].any()]
    unneeded += [name for name in (P50, P95, COST) if not frame[name].notna().any()]
    kinds: dict[str, Kind] = {str(measure): "four" for measure in report.summary.measures}
    kinds |= {DIFFERENCE: "change", P: "four", P50: "ms", P95: "ms", COST: "usd", f"Judged@{report.summary.k}": "share"}
    kinds |= dict.fromkeys(("Queries", "Nothing returned", "Failed", "Not ranked"), "count")
    return _table(frame.drop(columns=unneeded), kinds)


def unjudged_table(report: Report) -> Table:
    """What the ungraded passages leave open, one row per system that ranked anything."""
    frame = unjudged_frame(report.summary)
    kinds: dict[str, Kind] = dict.fromkeys(frame.columns, "four")
    return _table(frame, kinds | {"System": "text", "Holes": "count", f"Judged@{report.summary.k}": "share"})


def queries_table(report: Report, system: str, most: int = MOST) -> Table:
    """The `most` queries of one system with the largest changes, whichever way, the biggest win first."""
    comparison = next(row.comparison for row in report.summary.systems if row.system == system)
    deltas = comparison.deltas if comparison is not None else {}
    chosen = sorted(deltas, key=lambda qid: (-abs(deltas[qid]), qid))[:most]
    ours, base = report.summary.per_query.get(system, {}), report.summary.per_query.get(report.summary.baseline, {})
    rows = [
        (
            Cell(report.queries[qid].text, report.queries[qid].text),
            Cell(qid, qid),
            *(Cell(values[qid], shown(values[qid], "four")) for values in (base, ours)),
            Cell(deltas[qid], shown(deltas[qid], "change")),
        )
        for qid in sorted(chosen, key=lambda qid: (-deltas[qid], qid))
    ]
    columns: tuple[tuple[str, Kind], ...] = (
        ("Query", "text"),
        ("qid", "text"),
        ("Before", "four"),
        ("After", "four"),
        (DIFFERENCE, "change"),
    )
    return Table(columns, tuple(rows))


def shown(value: str | float | int | None, kind: Kind) -> str:
    """The value as a person reads it; rounding is the page's own."""
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return MISSING
    if isinstance(value, str):
        return value
    formats = {"four": "{:.4f}", "share": "{:.0%}", "ms": "{:,.0f}", "usd": "${:,.4f}", "count": "{:,.0f}"}
    if kind == "change":
        text = f"{value:+.4f}"
        return "0.0000" if float(text) == 0 else text.replace("-", "−")
    return formats[kind].format(value) if kind in formats else str(value)


def delta(value: float) -> Cell:
    """A change to three decimals, as in the verdict."""
    return Cell(value, signed(value))


def _table(frame: pd.DataFrame, kinds: dict[str, Kind]) -> Table:
    columns = tuple((str(name), kinds.get(str(name), "text")) for name in frame.columns)
    return Table(columns, tuple(_row(row, columns) for row in frame.itertuples(index=False, name=None)))


def _row(values: Sequence[object], columns: Sequence[tuple[str, Kind]]) -> tuple[Cell, ...]:
    return tuple(_cell(value, kind) for value, (_, kind) in zip(values, columns, strict=True))


def _cell(value: object, kind: Kind) -> Cell:
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return Cell(None, MISSING)
    if kind == "text":
        return Cell(str(value), str(value))
    number = float(str(value))
    if kind == "count":
        number = int(number)
    return Cell(number, shown(number, kind))
