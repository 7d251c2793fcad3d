"""The start page's parts: the next steps, the datasets, which rerankers are ready."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache
from pages.ui.markdown import plain
from pages.ui.tables import harmless_table
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import all_systems
from rerank_core.views.tables import datasets_frame


def next_steps() -> None:
    """Where to go from here."""
    steps = (
        ("pages/1_Compare.py", "Compare", "Rerankers side by side on one query. Grade a passage, and the measures "
        "update."),
        ("pages/2_Evaluate.py", "Evaluate", "All queries: which system is better, how sure that is, and what is lost."),
        ("pages/3_Data.py", "Data", "Bring your own: BEIR, JSONL, CSV, Parquet, text folders, TREC files."),
        ("pages/4_Rerankers.py", "Rerankers", "The catalogue: which rerankers are ready, and what the others need."),
    )  # fmt: skip
    for column, (page, label, why) in zip(st.columns(len(steps)), steps, strict=True):
        with column.container(border=True, height="stretch"):
            st.page_link(page, label=f"**{label}**", icon=":material/arrow_forward:")
            st.caption(why)


def datasets_table(space: Workspace) -> None:
    """The datasets of this workspace."""
    st.subheader("Datasets")
    with space.open() as db:
        rows = datasets.list_datasets(db)
    st.dataframe(harmless_table(datasets_frame(rows)), hide_index=True, width="stretch")
    st.caption(f"The whole workspace is one file: {plain(str(space.path))}. To copy the workspace, copy that file.")


def rerankers_line(space: Workspace) -> None:
    """How many rerankers are ready, and on which device they run."""
    st.subheader("Rerankers")
    systems = all_systems(space)
    ready = [system.label for system in systems if system.state.kind == "ready"]
    st.markdown(f"{len(ready)} of {len(systems)} are ready: {plain(', '.join(ready))}.")
    device = cache.device(space)
    st.caption(f"They run on: {device}." if device else "The device is shown once the worker has started.")
