"""A reader's invitation: the report of a comparison, made anew when grades or rankings come."""

from __future__ import annotations

import streamlit as st

from pages.ui.evaluate.cache import figures
from pages.ui.invited import door
from pages.ui.view import View
from rerank_core.errors import WorkspaceError
from rerank_core.evaluation.names import parse_measure
from rerank_core.experiment.figures import Figures
from rerank_core.judging.invitations import ComparisonTask
from rerank_core.reports.report import build_report
from rerank_core.store.invitations import InvitationRow
from rerank_core.store.workspace import Workspace

LOOK_AGAIN = 20.0
WHOLE_SCREEN = ".block-container {max-width: 100%; padding: 0.5rem} iframe {height: calc(100dvh - 5rem) !important}"


def show(space: Workspace, row: InvitationRow, task: ComparisonTask) -> None:
    """The report as it is now; the page notices by itself when it has changed."""
    found = _figures(space, row, task)
    check = door.still_open(space, row)
    if not found.summary.qids:
        st.info("There is nothing to report yet: no graded query is ranked by all systems. This page waits for it.")
    else:
        html = _html((*found.stamp, task), found, task.price)
        st.html(f"<style>{WHOLE_SCREEN}</style>")
        left, right = st.columns([3, 1], vertical_alignment="center")
        left.caption("This page follows the grades: it changes by itself.")
        right.download_button("Download", html, "report.html", "text/html", on_click="ignore", width="stretch")
        st.iframe(html, height=900)
    _follow(space, row, task, found.stamp)
    door.close_when_withdrawn(check)


def _figures(space: Workspace, row: InvitationRow, task: ComparisonTask) -> Figures:
    view = View(task.experiment(space, row.dataset), 0, "")
    return figures(view, [parse_measure(name) for name in task.measures], task.only, task.own_left_out)


def _follow(space: Workspace, row: InvitationRow, task: ComparisonTask, stamp: tuple[object, ...]) -> None:
    @st.fragment(run_every=LOOK_AGAIN)
    def look() -> None:
        try:
            changed = _figures(space, row, task).stamp != stamp
        except WorkspaceError:  # the other check says so
            return
        if changed:
            st.rerun()

    look()


@st.cache_resource(show_spinner="Writing the report…", max_entries=8)
def _html(stamp: tuple[object, ...], _found: Figures, _price: float | None) -> str:
    from rerank_core.views.report.html import report_html

    return report_html(build_report(_found, _price))
