"""Inspect: one passage under the glass, and where to stop answering."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame, inspect_pair, threshold
from pages.ui.view import choose_query, choose_view

space = frame.open_page("Inspect")
view = choose_view(space)
pair, stop = st.tabs(["One passage", "Score threshold"])
with pair:
    query = choose_query(space, view)
    inspect_pair.show(space, view, query)
with stop:
    threshold.show(space, view)
