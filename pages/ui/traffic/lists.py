"""Two logged lists of the same requests side by side, and what the clicks say of them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import cache, state
from pages.ui.markdown import plain
from pages.ui.tables import harmless_table
from rerank_core.evaluation.numbers import counted, figure, share, signed
from rerank_core.evaluation.preference import Preference
from rerank_core.monitoring.position_bias import PositionModel
from rerank_core.monitoring.side_by_side import SideBySide
from rerank_core.store.workspace import Workspace


def show(space: Workspace) -> None:
    """The pairs to choose from, their likeness and clicks, and how far clicked passages had risen."""
    pairs = cache.logged_pairs(space)
    if not pairs:
        st.info("No request has two lists: a log with ranks before the reranker, or a shadow, is needed.")
    else:
        pair = st.selectbox("Lists", pairs, format_func=lambda one: f"{one[0]} and {one[1]}", key=state.TRAFFIC_PAIR)
        found, model = cache.side_by_side(space, *pair)
        if found is not None:
            _compared(found, model, *pair)
    _rises(space)


def _compared(found: SideBySide, model: PositionModel | None, one: str, other: str) -> None:
    left, middle, right = st.columns(3)
    left.metric("Same in the first ten", share(found.overlap), border=True)
    middle.metric("RBO (p = 0.9)", figure(found.rbo), border=True)
    right.metric("Requests with clicks", f"{found.with_clicks:,} of {found.requests:,}", border=True)
    if not found.with_clicks:
        st.caption("No clicks of these requests are here.")
        return
    st.markdown(f"**Raw clicks:** {_sentence(found.raw, one, other)}")
    st.caption(
        f"Whoever has the clicked passages higher. What stands higher is clicked more, which favours {plain(one)}."
    )
    if found.corrected is None or found.gain is None or model is None:
        st.markdown(
            "**Corrected for position:** not possible. The clicks are fewer than 50, or each passage always stood at "
            "one place, so that place and passage cannot be told apart."
        )
        return
    mean, low, high = found.gain
    st.markdown(
        f"**Corrected for position:** {_sentence(found.corrected, one, other)} Gain of {plain(other)} per request: "
        f"{signed(mean)} (95 % interval over queries: {signed(low)} to {signed(high)})."
    )
    looked_at = ", ".join(f"{place}: {figure(theta, 2)}" for place, theta in list(model.looked_at.items())[:10])
    st.caption(
        f"Each click counts 1 / how often its place is looked at (position-based model by EM; place 1 is 1): "
        f"{looked_at}. A passage that was not shown can get no click."
    )


def _sentence(found: Preference, one: str, other: str) -> str:
    tail = ""
    if found.share is not None and found.low is not None and found.high is not None:
        tail = (
            f" {plain(one)} wins {share(found.share)} of the decided (95 %: {share(found.low)} to {share(found.high)})."
        )
    return (
        f"{plain(one)} wins {counted(found.one, 'query', 'queries')}, {plain(other)} {found.other:,}, "
        f"{found.same:,} are even.{tail}"
    )


def _rises(space: Workspace) -> None:
    rises = cache.clicked_rises(space)
    if not rises:
        return
    st.markdown("##### How far the clicked passage had risen")
    rows = [
        [system, own.clicks, signed(own.mean, 2), f"{signed(own.low, 2)} to {signed(own.high, 2)}", own.rose, own.fell]
        for system, own in rises.items()
    ]
    columns = ["System", "Clicks", "Mean places", "95 %", "Rose", "Fell"]
    st.dataframe(harmless_table(pd.DataFrame(rows, columns=columns)), hide_index=True, width="stretch")
    st.caption("From its place before the reranker. Not corrected: what stands higher is clicked more.")
