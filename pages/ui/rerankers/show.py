"""From a system that was just added, saved or fetched to its column on Compare."""

from __future__ import annotations

import streamlit as st

from pages.ui import address
from pages.ui.doors import go
from rerank_core.systems.systems import ALWAYS_READY


def show_on_compare(system_id: str, place: str) -> None:
    """A button that puts the system into the view and opens Compare; `place`: where it stands, for its key."""
    if st.button("Show on Compare", key=f"show-{place}-{system_id}", icon=":material/arrow_forward:"):
        address.put_into_view(system_id, ALWAYS_READY)
        go("Compare")
