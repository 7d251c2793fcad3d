"""Rerankers: the catalogue with its facts, what is ready here, and what the others need first."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, frame, glossary
from pages.ui.rerankers import catalogue
from pages.ui.rerankers import composites as composite_builder
from pages.ui.rerankers import settings as system_settings

space = frame.open_page("Rerankers")
st.title("Rerankers")
device = cache.device(space)
st.caption(f"Local models run on: **{device}**." if device else "The device is shown once the worker has started.")
have, more, build = st.tabs(["Catalogue", "Download or add a model", "Build a system"])
with have:
    catalogue.table(space)
with more:
    catalogue.fetch(space)
    catalogue.add(space)
    system_settings.variant(space)
    catalogue.remove(space)
with build:
    composite_builder.build(space)
glossary.offer()
