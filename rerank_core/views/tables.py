"""Core objects as DataFrames for tables on a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rerank_core.rerankers.catalogue.model import readable_bytes
from rerank_core.rerankers.catalogue.origin import describe_origin
from rerank_core.rerankers.catalogue.scored_by import scored_by
from rerank_core.store.datasets import DatasetRow
from rerank_core.systems.finding import kind_of
from rerank_core.systems.systems import System

if TYPE_CHECKING:
    import pandas as pd


def datasets_frame(rows: Sequence[DatasetRow]) -> pd.DataFrame:
    """One row per dataset: name, passages, queries, grades imported, scale, source, when."""
    import pandas as pd

    columns = ["Name", "Passages", "Queries", "Grades imported", "Scale", "From", "Imported"]
    values = [
        [
            row.name,
            row.n_docs,
            row.n_queries,
            row.report.get("judgments", 0),
            f"{min(row.scale)}–{max(row.scale)}",
            row.source,
            row.created_at[:16].replace("T", " "),
        ]
        for row in rows
    ]
    return pd.DataFrame(values, columns=columns)


def systems_frame(systems: Sequence[System]) -> pd.DataFrame:
    """One row per system: name, state, what it needs, and the facts of its model; None: not published."""
    import pandas as pd

    rows = []
    for system in systems:
        model = system.model
        rows.append(
            {
                "Reranker": system.label,
                "State": state_words(system.state.kind),
                "To fetch": _to_fetch(system),
                "Parameters": readable_count(model.parameters),
                "Longest text (tokens)": model.max_tokens,
                "Languages": model.languages,
                "Kind": kind_of(system),
                "Cost": model.cost,
                "Licence": model.licence,
                "Runs": "here" if model.hosting == "local" else "at a service",
                "Memory at fp16": None if model.memory_fp16 is None else readable_bytes(model.memory_fp16),
                "Card": model.card,
                "What it needs": "" if system.state.ready else system.state.detail,
                "Score": model.score_scale,
                "Scored by": scored_by(model) or None,
                "Note": model.note,
                **describe_origin(model.id),
                "Id": system.id,
            }
        )
    return pd.DataFrame(rows)


def state_words(kind: str) -> str:
    """A state as people read it: "Ready", "Needs a GPU"."""
    return _STATES.get(kind, kind.replace("-", " ").capitalize())


_STATES = {
    "ready": "Ready",
    "needs-download": "Needs a download",
    "needs-key": "Needs a key",
    "needs-setting": "Needs settings",
    "needs-gpu": "Needs a GPU",
    "needs-extra": "Needs a library",
}


def _to_fetch(system: System) -> str | None:
    """What a download would fetch; "" where there is nothing to fetch, None where the size is not published."""
    leaves = [leaf for leaf in system.leaves if leaf.state.kind in ("needs-download", "needs-gpu")]
    sizes = [leaf.model.download_bytes for leaf in leaves]
    known = [size for size in sizes if size is not None]
    return "" if not leaves else readable_bytes(sum(known)) if len(known) == len(sizes) else None


def readable_count(count: int | None) -> str | None:
    """Such as "22.7 million" or "4.0 billion"; None: not published."""
    if count is None:
        return None
    if not count:
        return "none"
    return f"{count / 1e9:.1f} billion" if count >= 999_950_000 else f"{count / 1e6:,.1f} million"
