"""What every page has: its settings, the sidebar's foot, a worker that runs, and the demo dataset on first use."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui import cache, state
from pages.ui.markdown import plain
from rerank_core.errors import RerankLensError
from rerank_core.ingest import ImportOptions, import_dataset
from rerank_core.store import datasets, jobs
from rerank_core.store.workspace import Workspace

# discovered pages take their names from the files, and the first one is app.py
STYLE = """
.block-container {padding: 2.5rem 2rem 3rem}
[data-testid="stSidebarNav"] li:first-child a span p {font-size: 0}
[data-testid="stSidebarNav"] li:first-child a span p::after {content: "Start"; font-size: 0.875rem}
"""
DEMO = "demo"
DEMO_FOLDER = Path(__file__).resolve().parents[2] / "data" / "demo"


def open_page(title: str) -> Workspace:
    """Set the page up and return the workspace; stops the page with a clear message where it cannot be opened."""
    st.set_page_config(page_title=f"{title} · Rerank Lens", page_icon="🔎", layout="wide")
    st.html(f"<style>{STYLE}</style>")
    state.enter(title)
    space = cache.workspace()
    try:
        _first_use(space)
    except RerankLensError as error:
        st.error(plain(str(error)))
        st.stop()
    cache.offer_secrets()
    cache.keep_worker()
    return space


def _first_use(space: Workspace) -> None:
    with space.open() as db:
        if datasets.list_datasets(db) or jobs.open_jobs(db, "import"):
            return
    with st.spinner("First start: reading the demo dataset…"):
        import_dataset(space, DEMO, DEMO_FOLDER, ImportOptions())
