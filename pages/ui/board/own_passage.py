"""A word on Compare where the query is a passage of the corpus and finds itself."""

from __future__ import annotations

import streamlit as st

from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.experiment.one_query import Comparison
from rerank_core.experiment.summary import own_passages_sentence


def note(view: View, comparison: Comparison) -> None:
    """Say that the passage with the query's own id is among those shown; nothing where it is not."""
    qid = comparison.query.qid
    if qid in comparison.docs and own_passages_sentence((qid,), view.dataset):
        st.caption(
            f"The passage {plain(qid)} has the same id as this query. The figures here count it; the page Evaluate can "
            "leave it out, as BEIR does."
        )
