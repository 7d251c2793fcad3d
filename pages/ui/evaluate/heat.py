"""The heat map: every query under every system."""

from __future__ import annotations

import streamlit as st

from pages.ui import asked, state
from pages.ui.evaluate import cache
from pages.ui.evaluate.cards import compare_addresses
from pages.ui.evaluate.queries import choose_order
from pages.ui.markdown import plain
from pages.ui.tables import harmless_names, written_table
from pages.ui.view import View
from rerank_core.evaluation.numbers import figure, signed
from rerank_core.experiment.differences import most_different_first
from rerank_core.experiment.figures import Figures
from rerank_core.store.workspace import Workspace
from rerank_core.views.heat_map import heat_chart, heat_frame, heat_table

CHANGE, VALUE = "Change from the baseline", "Value"


def show(space: Workspace, view: View, figures: Figures) -> None:
    """All queries by all systems, as colours and as a table; each leads to Compare."""
    summary, whole = figures.summary, figures.whole
    left, right = st.columns([2, 3])
    with left:
        as_difference = _as_difference() if view.baseline in summary.per_query else False
    differences = cache.all_differences(figures)
    if differences:
        with right:
            order = most_different_first(differences.values(), choose_order(figures, state.HEAT_ORDER))
    else:
        order = list(summary.qids)
    shown = {
        system: values for system, values in summary.per_query.items() if system != view.baseline or not as_difference
    }
    if not shown:
        st.info("A change needs two systems: choose another one in the sidebar.")
        return
    base = view.baseline if view.baseline in summary.per_query else next(iter(shown))
    frame = heat_frame(shown, summary.per_query[base], whole.labels, whole.queries, order)
    links = compare_addresses(whole.queries, order)
    st.altair_chart(heat_chart(frame, summary.headline, links, as_difference), width="stretch")
    way = "Blue (+): better than the baseline; orange (–): worse. " if as_difference else "Light is good, dark is bad. "
    many = " (mean over the systems)" if len(differences) > 1 else ""
    st.caption(
        f"{way}On the left are the queries where the systems differ most from {plain(whole.labels[base])}{many}. "
        "Hover for the query; a click opens it on Compare."
    )
    with st.expander("As a table"):
        write = signed if as_difference else figure
        st.dataframe(
            written_table(
                heat_table(frame, links, as_difference), dict.fromkeys(harmless_names(whole.labels).values(), write)
            ),
            hide_index=True,
            width="stretch",
            column_config={
                "Query": st.column_config.TextColumn(width="large"),
                "Open": st.column_config.LinkColumn(display_text="Compare"),
            },
        )


def _as_difference() -> bool:
    asked.check(state.HEAT, (CHANGE, VALUE), "colour")
    chosen = st.segmented_control(
        "Colour", [CHANGE, VALUE], default=CHANGE, required=True, key=state.HEAT, bind="query-params"
    )
    return chosen != VALUE
