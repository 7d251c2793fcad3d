"""The door: what this is, what is loaded, what is ready, and the next step."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame, overview

space = frame.open_page("Start")
st.title("Rerank Lens")
st.markdown("Which reranker, at which settings, is better on **your** data, and what proves it?")
overview.next_steps()
overview.datasets_table(space)
overview.rerankers_line(space)
