"""Rerankers: the catalogue with its facts, what is ready here, and what the others need first."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, catalogue, frame

space = frame.open_page("Rerankers")
st.title("Rerankers")
device = cache.device(space)
st.caption(f"Local models run on: **{device}**." if device else "The device is shown once the worker has started.")
catalogue.table(space)
catalogue.fetch(space)
catalogue.add(space)
catalogue.remove(space)
