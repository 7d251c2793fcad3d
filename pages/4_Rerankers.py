"""Rerankers: the catalogue with its facts, what is ready here, and what the others need first."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, frame, glossary
from pages.ui.rerankers import catalogue, composites, dense, query_variant, settings

space = frame.open_page("Rerankers")
st.title("Rerankers")
device = cache.device(space)
st.caption(f"Local models run on: **{device}**." if device else "The device is shown once the worker has started.")
catalogue.follow_download(space)
have, more, build = st.tabs(["Catalogue", "Download or add a model", "Build a system"])
with have:
    catalogue.table(space)
with more:
    catalogue.fetch(space)
    catalogue.add(space)
    dense.add(space)
    query_variant.add(space)
    settings.variant(space)
    catalogue.remove(space)
with build:
    composites.build(space)
glossary.offer()
