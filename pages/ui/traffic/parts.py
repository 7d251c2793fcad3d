"""The parts of the page Traffic, the dataset that its queries go to, and the requests that all parts read."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, menu, sidebar, state
from pages.ui.markdown import plain
from rerank_core.monitoring.traffic import Traffic
from rerank_core.store import datasets
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace

ALERTS, QUERIES, LISTS, EVAL_SET, CANARY, LOGS = PARTS = (
    "Alerts", "Queries", "Two lists", "Eval set", "Canary", "Logs",
)  # fmt: skip
WITHOUT_LOGS = (CANARY, LOGS)


def choose_dataset(space: Workspace) -> DatasetRow | None:
    """The dataset that logged queries are compared in and added to; None where there is none."""
    with space.open() as db:
        rows = datasets.list_datasets(db)
    chosen = sidebar.choose_dataset(rows) if rows else None
    menu.follow()
    return chosen


def traffic(space: Workspace) -> Traffic:
    """All requests, kept until a log is read or removed."""
    return cache.traffic(space)


def choose_part(found: Traffic) -> str:
    """Which part is shown; without requests one of those that need none. Before it, what the last click did."""
    for kind, sentence in state.pop(state.TRAFFIC_SAID) or ():
        (st.error if kind == "error" else st.success)(plain(sentence))
    offered, first = (PARTS, ALERTS) if len(found) else (WITHOUT_LOGS, LOGS)
    if state.take(state.TRAFFIC_PART) not in offered:
        state.put(state.TRAFFIC_PART, first)
    return str(st.segmented_control("Show", offered, required=True, key=state.TRAFFIC_PART))
