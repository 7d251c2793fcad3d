"""What every page has: its settings, the sidebar's foot, a worker that runs, and the demo dataset on first use."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Literal

import streamlit as st

from pages.ui import address, cache, failures, menu, roles
from pages.ui.markdown import plain
from pages.ui.server.first_use import bring_demo, is_first_use
from pages.ui.server.host_check import serves_this_machine_only
from rerank_core.corpus.import_roots import close_paths
from rerank_core.errors import RerankLensError, WorkspaceError
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace

STYLE = (Path(__file__).parent / "frame.css").read_text(encoding="utf-8")
# without the sidebar, the page's own bar lies over its first lines
FOLDED = ".block-container {padding-top: 4rem}"


def open_page(title: str, sidebar: Literal["auto", "collapsed"] = "auto") -> Workspace:
    """Set the page up and return the workspace; stops the page with a clear message where it cannot be opened."""
    st.set_page_config(f"{title} · Rerank Lens", "🔎", "wide", sidebar)
    st.html(f"<style>{STYLE}{FOLDED if sidebar == 'collapsed' else ''}</style>")
    address.enter(title)
    menu.show()
    roles.require(title)
    space = cache.workspace()
    cache.offer_secrets()
    if roles.there_are_roles() or not serves_this_machine_only():
        close_paths()
    try:
        failures.show()
        _first_use(space)
        _name_unreadable(space)
        _keep_worker(space)
    except (RerankLensError, OSError) as error:
        failures.in_words(error)
        if isinstance(error, WorkspaceError):
            look_again(space)
        st.stop()
    return space


def _name_unreadable(space: Workspace) -> None:
    with space.open() as db:
        unreadable = datasets.unreadable_datasets(db)
    for name, why in unreadable.items():
        st.warning(f"The dataset '{plain(name)}' is not known to this version: {plain(why)}.")


def _keep_worker(space: Workspace) -> None:
    if why := space.why_only_read():
        st.info(f"This workspace can only be read: {plain(why)}. Nothing new is graded, ranked or imported.")
    else:
        cache.keep_worker()


def look_again(space: Workspace) -> None:
    """Run the page again as soon as the workspace can be opened: what waits in the browser's tab is saved then."""

    @st.fragment(run_every=2.0)
    def look() -> None:
        with suppress(WorkspaceError):
            with space.open():
                pass
            st.rerun()

    look()


def _first_use(space: Workspace) -> None:
    if is_first_use(space):
        with st.spinner("First start: reading the demo dataset…"):
            bring_demo(space)
