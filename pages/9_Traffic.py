"""Traffic: logs of production come in, are held against a reference, and become queries to grade."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame, glossary
from pages.ui.traffic import canary, eval_set, lists, logs, parts, queries, watching

space = frame.open_page("Traffic")
dataset = parts.choose_dataset(space)
st.title("Traffic")
st.caption(
    "What was asked of the search in production, and what it answered. The same checks run without a screen: "
    "`rerank-lens watch`."
)
traffic = parts.traffic(space)
part = parts.choose_part(traffic)
if part == parts.ALERTS:
    watching.show(space, traffic)
elif part == parts.QUERIES:
    queries.show(space, dataset)
elif part == parts.LISTS:
    lists.show(space)
elif part == parts.EVAL_SET:
    eval_set.show(space, dataset)
elif part == parts.CANARY:
    canary.show(space, dataset)
else:
    logs.show(space)
glossary.offer()
