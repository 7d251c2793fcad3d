"""What the two systems are called before an audience: kept with the dataset, and theirs to edit."""

from __future__ import annotations

import streamlit as st

from pages.ui import state
from pages.ui.view import View
from rerank_core.errors import WorkspaceError
from rerank_core.experiment.summary import SystemSummary
from rerank_core.store import shown_names
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import FIRST_STAGE
from rerank_core.text import same_text

LONGEST = 60
AS_IT_IS = "Your search as it is"


def shown(space: Workspace, view: View, system: str) -> str:
    """A system's name for an audience: as somebody wrote it, else as the pages have it."""
    with space.open() as db:
        kept = shown_names.get(db, view.dataset.id).get(system, "")
    label = next((one.label for one in view.systems if one.id == system), system)
    return kept or (AS_IT_IS if system == FIRST_STAGE else label)


def of_both(space: Workspace, view: View, after: SystemSummary | None) -> dict[str, str]:
    """System id -> its name for an audience, for the two that are compared, with a way to change both; {} for none."""
    if after is None:
        return {}
    both = (view.baseline, after.system)
    edit(space, view, both)
    return {system: shown(space, view, system) for system in both}


def edit(space: Workspace, view: View, systems: tuple[str, str]) -> None:
    """Fields for both names, behind a button."""
    if space.why_only_read():
        return
    with st.popover("Names", icon=":material/edit:", help="What the two are called here: Today, New …"):
        for system, title in zip(systems, ("Before", "After"), strict=True):
            key = f"shown_name_{view.dataset.id}_{system}"
            if state.take(key) is None:
                state.put(key, shown(space, view, system))
            st.text_input(title, key=key, max_chars=LONGEST, on_change=_keep, args=(space, view, system, key))
        st.caption("Kept for this dataset, and shown in stories, sentences and results. Empty: the usual name.")


def _keep(space: Workspace, view: View, system: str, key: str) -> None:
    try:
        with space.write() as db:
            shown_names.put(db, view.dataset.id, system, same_text(str(state.take(key) or ""))[:LONGEST])
    except WorkspaceError:  # the page says so when it runs
        return
    state.pop(key)
