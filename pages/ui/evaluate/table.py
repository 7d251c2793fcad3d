"""The section Systems: the table of systems, and what the ungraded passages leave open."""

from __future__ import annotations

import streamlit as st

from pages.ui import state
from pages.ui.tables import written_table
from pages.ui.view import View
from rerank_core.evaluation.numbers import count, figure, share, signed
from rerank_core.experiment.figures import Figures
from rerank_core.experiment.summary import Summary
from rerank_core.store.workspace import Workspace
from rerank_core.views.efficiency import COST, P95, efficiency_columns
from rerank_core.views.summary import COUNTS, DIFFERENCE, INTERVAL, VERDICT, P, summary_frame, unjudged_frame

_COUNTS = ("Nothing returned", "Failed", "Not ranked")


def show(space: Workspace, view: View, figures: Figures) -> None:
    """One row per system, and below it how far the headline could still move."""
    price = state.take(state.PRICE)
    _table(figures, price)
    _unjudged(figures.summary)


def _table(figures: Figures, price: float | None) -> None:
    summary = figures.summary
    frame = summary_frame(summary).join(efficiency_columns(figures.efficiency, price))
    unneeded = [name for name in _COUNTS if not frame[name].any()]
    unneeded += [] if frame[COST].notna().any() else [COST]
    measures = [str(measure) for measure in summary.measures]
    judged = f"Judged@{summary.k}"
    # what an engineer decides by stands first: all of it is on the screen at 1,440 px
    order = ["System", VERDICT, *measures, DIFFERENCE, INTERVAL, COUNTS, judged, P95, COST, P, *_COUNTS, "Queries"]
    number = st.column_config.NumberColumn
    st.dataframe(
        written_table(
            frame[[name for name in order if name not in unneeded]],
            {
                **dict.fromkeys(measures, figure),
                DIFFERENCE: signed,
                judged: share,
                P95: lambda value: figure(value, 0),
                COST: lambda value: f"${figure(value, 4)}",
                P: lambda value: figure(value, 4),
                **dict.fromkeys((*_COUNTS, "Queries"), lambda value: count(int(value))),
            },
        ),
        hide_index=True,
        width="stretch",
        placeholder="–",
        column_config={
            "System": st.column_config.TextColumn(pinned=True, width=225),
            VERDICT: st.column_config.TextColumn(width=100),
            **{name: number(width=max(68, 9 * len(name))) for name in measures},
            DIFFERENCE: number(width=70, help=f"Mean, in {summary.headline}, from the baseline."),
            INTERVAL: st.column_config.TextColumn(
                width=126, help="Of the mean difference: paired BCa bootstrap, seed 0."
            ),
            COUNTS: st.column_config.TextColumn(width=110, help="Queries, against the baseline."),
            judged: number(width=80, help="The graded share of the first passages."),
            P95: number(width=66, help="95 of 100 queries took less. See Efficiency for what was timed."),
            COST: number(width=80, help="By use of a service, or this server's hour over the measured time."),
            P: number(width=82, help="Paired randomisation test, corrected for all systems in this table."),
            "Queries": number(width=64, help="How many queries the means are over: the same ones for every system."),
            "Nothing returned": number(help="Queries with an empty ranking; they count 0."),
        },
    )


def _unjudged(summary: Summary) -> None:
    """How far the headline could still move."""
    frame = unjudged_frame(summary)
    if frame.empty:
        return
    holes, k = int(frame["Holes"].sum()), summary.k
    name = f"{count(holes)} passages in the first {k} are ungraded" if holes else f"None in the first {k} of any system"
    with st.expander(f"Ungraded passages: {name[0].lower()}{name[1:]}"):
        judged = f"Judged@{k}"
        values = {name: figure for name in frame.columns if name not in ("System", "Holes", judged)}
        st.dataframe(written_table(frame, {**values, judged: share, "Holes": count}), hide_index=True, width="stretch")
        st.caption(
            f"nDCG@{k} counts ungraded passages as not relevant. Lowest and highest: the mean if each query's ungraded "
            "passages had the worst, or the best, grade of the scale. Condensed nDCG and Bpref leave them out."
        )
