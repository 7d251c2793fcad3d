"""Core objects as DataFrames for tables on a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rerank_core.rerankers.catalogue.model import readable_bytes
from rerank_core.rerankers.catalogue.origin import describe_origin
from rerank_core.rerankers.catalogue.scored_by import scored_by
from rerank_core.store.datasets import DatasetRow
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
    """One row per system: label, state, what it needs, and the facts of its model."""
    import pandas as pd

    rows = []
    for system in systems:
        model, state = system.model, system.state
        rows.append(
            {
                "Reranker": system.label,
                "State": state.kind.replace("-", " "),
                "What it needs": "" if state.ready else state.detail,
                "Family": model.family,
                "Parameters": _millions(model.parameters),
                "Max tokens": model.max_tokens,
                "Languages": model.languages,
                "Licence": model.licence,
                "Score": model.score_scale,
                "Scored by": scored_by(model) or None,
                "Cost": model.cost,
                "Hosting": model.hosting,
                "Memory at fp16": None if model.memory_fp16 is None else readable_bytes(model.memory_fp16),
                "Card": model.card,
                "Note": model.note,
                **describe_origin(model.id),
                "Id": system.id,
            }
        )
    return pd.DataFrame(rows)


def _millions(count: int | None) -> str | None:
    return None if count is None else f"{count / 1e6:,.1f} M" if count else "none"
