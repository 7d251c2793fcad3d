"""Efficiency: quality against latency, times by stage, and from when a machine costs less than a service."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.ui import rough_times, state
from pages.ui.markdown import plain
from pages.ui.tables import written_table
from pages.ui.view import View
from rerank_core.evaluation.latency import STAGES
from rerank_core.evaluation.numbers import count, figure
from rerank_core.experiment.efficiency import Efficiency
from rerank_core.experiment.figures import Figures
from rerank_core.experiment.pareto import knows_costs, system_front, system_points
from rerank_core.store.workspace import Workspace
from rerank_core.views.efficiency import break_evens, latency_frame
from rerank_core.views.pareto import pareto_chart, pareto_frame


def show(space: Workspace, view: View, figures: Figures) -> None:
    """The chart, the table of times, and the sentences on cost."""
    price = state.take(state.PRICE)
    _front(figures, price)
    _times(figures.efficiency)
    rough_times.offer_for_all(space, view.ready, sum(timed.rough for timed in figures.efficiency.values()))
    if price:
        for line in break_evens(figures.efficiency, price):
            st.markdown(f"- {plain(line)}")


def _front(figures: Figures, price: float | None) -> None:
    points = system_points(figures.summary, figures.efficiency, price)
    front = system_front(points)
    frame = pareto_frame(points, front)
    if not frame.empty:
        st.altair_chart(pareto_chart(frame, figures.summary.headline), width="stretch")
        by = "quality, latency and cost" if knows_costs(points) else "quality and latency (not every cost is known)"
        st.caption(f"Worth considering: no other system is better in one of {by} without being worse in another.")
    for name, missing in front.excluded.items():
        st.caption(f"{plain(name)} is not drawn: its {' and '.join(missing)} is not known.")


def _times(efficiency: Mapping[str, Efficiency]) -> None:
    frame = latency_frame(efficiency)
    if frame.empty:
        st.info("No times yet: the scores came from the cache or from an imported run.")
        return
    names = ("p50 ms", "p95 ms", "p99 ms", "mean ms", "Pairs per second")
    how = {**dict.fromkeys(names, lambda value: figure(value, 1)), "Queries": count}
    st.dataframe(written_table(frame, how), hide_index=True, width="stretch", placeholder="–")
    for timed in efficiency.values():
        if timed.stale:
            st.warning(f"{plain(timed.label)}: run {timed.run_id} is stale. {plain(timed.stale)}")
    devices = {timed.device for timed in efficiency.values() if timed.device}
    with st.expander("What was timed"):
        st.markdown("\n".join(f"- **{stage}**: {plain(what)}" for stage, what in STAGES.items()))
        st.markdown(f"Measured on: {plain('; '.join(sorted(devices)))}." if devices else "The device was not recorded.")
        st.markdown(
            "Cold is the first query after a model or an index was loaded. Not known: these times are not from a run "
            "over all queries, so it was not recorded which were cold. Times from the cache of scores are left out."
        )
