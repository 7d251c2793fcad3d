"""Inspect: one passage under the glass, what a language model would read, and where to stop answering."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame, glossary
from pages.ui.inspect import pair as inspect_pair
from pages.ui.inspect import threshold
from pages.ui.llm import reads
from pages.ui.queries.picker import choose_query
from pages.ui.search.query_variant import show_written
from pages.ui.sidebar import choose_view

space = frame.open_page("Inspect")
view = choose_view(space)
query = choose_query(space, view)
show_written(space, view, query)
pair, prompt, stop = st.tabs(["One passage", "What the LLM would read", "Score threshold"])
with pair:
    inspect_pair.show(space, view, query)
with prompt:
    reads.show(space, view, query)
with stop:
    threshold.show(space, view)
glossary.offer()
