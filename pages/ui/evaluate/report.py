"""What can be taken away from Evaluate: the report, and what puts the chosen system to work."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui import asked, state
from pages.ui.invitations import invite
from pages.ui.view import View
from rerank_core.experiment.figures import Figures
from rerank_core.reports.configuration import command
from rerank_core.reports.exports import FILES, Chosen, packed_export
from rerank_core.reports.report import Report, build_report
from rerank_core.store.workspace import Workspace

EXPORT_NAMES = {
    "deploy": "For OpenSearch and a rerank server",
    "run": "Its rankings (TREC run)",
    "qrels": "Grades (TREC qrels)",
    "labels": "Grades with all of their history (CSV)",
    "beir": "Everything (BEIR folder)",
}


def show(space: Workspace, view: View, figures: Figures) -> None:
    """The report's downloads, then the exports of one system. Each file is made when its button is pressed."""
    # read here: what makes a file runs in a thread of its own, which has no session
    price = state.take(state.PRICE)
    st.markdown("**Report**: the verdict, the table, the charts, wins and losses, limits, and how to repeat it")
    with st.container(horizontal=True):
        for name, ending, mime, write in _renderings():
            _offer(
                f"Report as {name}",
                file_name(view, f"report{ending}"),
                mime,
                _rendered(figures, price, write),
            )
    measures = tuple(str(measure) for measure in figures.summary.measures)
    invite.reader_button(space, view.experiment, measures, price, figures.only, figures.own_left_out)
    st.caption(
        "HTML is one file that needs no network and prints well. A file is made when you press its button, with the "
        "figures of this page."
    )
    st.markdown("**Deploy**")
    left, right = st.columns([3, 1])
    systems = {system.id: system for system in view.systems}
    best = list(systems).index(_best(figures))
    asked.check_system(state.EXPORTED, {system: row.label for system, row in systems.items()}, "system to export")
    chosen = left.selectbox(
        "System", list(systems), best, lambda one: systems[one].label, key=state.EXPORTED, bind="query-params"
    )
    depth = view.experiment.settings.depth
    top = right.number_input("Passages to return", 1, depth, min(10, depth))
    with st.container(horizontal=True):
        for what, label in EXPORT_NAMES.items():
            system = systems[chosen or view.baseline]
            nothing = what == "run" and not figures.whole.rankings(system.id)
            export = _exported(what, Chosen(view.experiment, system, int(top)))
            _offer(label, file_name(view, FILES[what]), "application/octet-stream", export, disabled=nothing)
    st.caption(
        "For OpenSearch and a rerank server: an index, a search pipeline and a request, filled in from the settings in "
        "the sidebar; its README.md lists what they cannot express."
    )
    st.markdown("The same report from the **command line**:")
    st.code(command(figures, price), language="sh", wrap_lines=True)


def _renderings() -> list[tuple[str, str, str, Callable[[Report], str]]]:
    from rerank_core.views.report.html import report_html
    from rerank_core.views.report.text import queries_csv, report_markdown, systems_csv

    return [
        ("HTML", ".html", "text/html", report_html),
        ("Markdown", ".md", "text/markdown", report_markdown),
        ("CSV, one row per system", ".csv", "text/csv", systems_csv),
        ("CSV, one row per query", "-queries.csv", "text/csv", queries_csv),
    ]


def _offer(label: str, name: str, mime: str, data: Callable[[], bytes], disabled: bool = False) -> None:
    st.download_button(label, data, name, mime, icon=":material/download:", on_click="ignore", disabled=disabled)


def _rendered(figures: Figures, price: float | None, write: Callable[[Report], str]) -> Callable[[], bytes]:
    return lambda: write(build_report(figures, price)).encode("utf-8")


def _exported(what: str, chosen: Chosen) -> Callable[[], bytes]:
    return lambda: packed_export(what, chosen)


def _best(figures: Figures) -> str:
    """The system with the highest mean of the headline."""
    headline = figures.summary.measures[0]
    means = {row.system: row.values[headline] for row in figures.summary.systems if row.values}
    return max(means, key=lambda system: means[system])


def file_name(view: View, ending: str) -> str:
    """The dataset's name, in letters, digits and dashes, with `ending` behind it."""
    kept = "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in view.dataset.name)
    return f"{kept.strip('.-') or 'dataset'}-{ending}"
