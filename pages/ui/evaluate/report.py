"""What can be taken away from Evaluate: the report, and what puts the chosen system to work."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui import state
from pages.ui.evaluate.cache import Figures
from pages.ui.view import View
from rerank_core.reports.configuration import Asked, command
from rerank_core.reports.exports import FILES, Chosen, packed_export
from rerank_core.reports.report import Report, build_report
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import System

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
                _rendered(space, view, figures, price, write),
            )
    st.caption(
        "HTML is one file that needs no network and prints well. A file is made when its button is pressed, with the "
        "figures of this page."
    )
    st.markdown("**Put it to work**")
    left, right = st.columns([3, 1])
    systems = {system.id: system for system in view.systems}
    best = list(systems).index(_best(figures))
    chosen = left.selectbox(
        "System", list(systems), best, lambda one: systems[one].label, key=state.EXPORTED, bind="query-params"
    )
    top = right.number_input("Passages to return", 1, view.settings.depth, min(10, view.settings.depth))
    with st.container(horizontal=True):
        for what, label in EXPORT_NAMES.items():
            system = systems[chosen or view.baseline]
            nothing = what == "run" and not figures.whole.rankings(system.id)
            export = _exported(space, view, system, what, int(top))
            _offer(label, file_name(view, FILES[what]), "application/octet-stream", export, disabled=nothing)
    st.caption(
        "For OpenSearch and a rerank server: an index, a search pipeline and a request, filled in from the settings on "
        "the left; a file README.md in it says what they cannot express."
    )
    st.markdown("**From a shell**, the same report:")
    asked, ids = Asked(figures.only, view.level, price, figures.own_left_out), [system.id for system in view.systems]
    st.code(command(view.dataset.name, view.settings, ids, figures.summary, asked), language="sh", wrap_lines=True)


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


def _rendered(
    space: Workspace, view: View, figures: Figures, price: float | None, write: Callable[[Report], str]
) -> Callable[[], bytes]:
    return lambda: write(made(space, view, figures, price)).encode("utf-8")


def _exported(space: Workspace, view: View, system: System, what: str, top: int) -> Callable[[], bytes]:
    return lambda: packed_export(space, what, Chosen(view.dataset, view.settings, system, top))


def made(space: Workspace, view: View, figures: Figures, price: float | None) -> Report:
    """The report of what the page shows, made of its own figures; `price`: of the machine's hour in US dollars."""
    return build_report(
        space,
        view.dataset,
        view.settings,
        view.systems,
        figures.whole,
        figures.summary,
        figures.efficiency,
        figures.losses,
        only=figures.only,
        level=view.level,
        price=price,
        ignore_identical_ids=figures.own_left_out,
    )


def _best(figures: Figures) -> str:
    """The system with the highest mean of the headline."""
    headline = figures.summary.measures[0]
    means = {one.system: one.values[headline] for one in figures.summary.systems if one.values}
    return max(means, key=lambda system: means[system])


def file_name(view: View, ending: str) -> str:
    """The dataset's name, in letters, digits and dashes, with `ending` behind it."""
    kept = "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in view.dataset.name)
    return f"{kept.strip('.-') or 'dataset'}-{ending}"
