"""Depth: what more candidates bring, and what they cost in time."""

from __future__ import annotations

import streamlit as st

from pages.ui import asked, state, work
from pages.ui.evaluate import cache
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.experiment.depth import DEPTHS, TOLERANCE, knee
from rerank_core.experiment.figures import Figures
from rerank_core.experiment.job_requests import DepthRequest
from rerank_core.store.workspace import Workspace
from rerank_core.views.depth import depth_chart, depth_frame, depth_time_chart


def show(space: Workspace, view: View, figures: Figures) -> None:
    """The curve of one system; it is made when somebody asks for it."""
    systems = {system.id: system for system in view.systems if system.state.kind == "ready"}
    if not systems:
        st.info("None of the chosen systems is ready to run.")
        return
    asked.check_system(state.DEEPENED, {system: row.label for system, row in systems.items()}, "system that can run")
    chosen = st.selectbox(
        "System",
        list(systems),
        format_func=lambda system: systems[system].label,
        key=state.DEEPENED,
        bind="query-params",
    )
    points = cache.curve(figures, systems[chosen])
    _offer(space, view, figures, chosen, len(points) < len(DEPTHS))
    if len(points) < 2:
        return
    frame = depth_frame(points)
    best = knee({point.depth: point.value for point in points})
    left, right = st.columns(2, gap="medium")
    left.altair_chart(depth_chart(frame, figures.summary.headline, best), width="stretch")
    if (frame["how"] != "").any():
        right.altair_chart(depth_time_chart(frame), width="stretch")
    else:
        right.caption("No warm query has been timed at any depth yet, so there is no time curve.")
    if len(points) == len(DEPTHS):
        st.markdown(
            f"**{best} candidates** are enough here: more candidates gain at most {TOLERANCE} "
            f"{figures.summary.headline}."
        )
    st.caption(
        f"Mean over the {points[0].n:,} graded queries. Each depth is a search of its own, not the top of a deeper "
        "one. Estimated times lie on a straight line through the deepest depth that was timed."
    )


def _offer(space: Workspace, view: View, figures: Figures, system: str, incomplete: bool) -> None:
    request = DepthRequest.of(view.experiment, system, figures.graded)
    job = work.latest(space, request)
    if job is not None and job.is_open:
        work.watch(space, [job.id], lambda: None, seconds=1.0)
    elif incomplete:
        if job is not None and job.state == "failed":
            st.error(plain(job.message))
        named = ", ".join(map(str, DEPTHS))
        st.caption(f"The curve needs the graded queries ({figures.graded:,}) ranked at {named} candidates.")
        st.button("Rank at all depths", on_click=work.ask, args=(space, request))
