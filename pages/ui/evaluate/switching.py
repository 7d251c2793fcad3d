"""Switch A for B: is it as good, which queries change between answer and refusal, and what does it cost."""

from __future__ import annotations

import json
import math

import streamlit as st

from pages.ui import asked, state
from pages.ui.evaluate import cache
from pages.ui.evaluate.cards import compare_addresses
from pages.ui.evaluate.report import file_name
from pages.ui.markdown import plain
from pages.ui.tables import written_table
from pages.ui.view import View
from rerank_core.errors import SettingsError
from rerank_core.evaluation.numbers import counted, figure, share
from rerank_core.evaluation.verdict import evidence
from rerank_core.experiment.carried_floor import FOLDS, Floors
from rerank_core.experiment.figures import Figures
from rerank_core.experiment.switched import Switch
from rerank_core.store.workspace import Workspace
from rerank_core.views.switching import flips_csv, flips_frame, tops_chart

NO_FLOOR, BY_SCORE, BY_PRECISION = "No floor", "The score floor in use", "A precision"
HOW = (NO_FLOOR, BY_SCORE, BY_PRECISION)


def show(space: Workspace, view: View, figures: Figures) -> None:
    """Choose the two and the floor, read the sentence, and open the queries that flip."""
    labels = {row.system: row.label for row in figures.summary.systems if row.values is not None}
    if len(labels) < 2:
        st.info("A switch needs two systems that have ranked graded queries: choose another one in the sidebar.")
        return
    ids = list(labels)
    asked.check(state.SWITCH_FROM, labels.values(), "system")
    asked.check(state.SWITCH_TO, labels.values(), "system")
    left, right = st.columns(2)
    before = left.selectbox(
        "From",
        ids,
        ids.index(view.baseline) if view.baseline in ids else 0,
        format_func=labels.get,
        key=state.SWITCH_FROM,
        bind="query-params",
    )
    others = [system for system in ids if system != before]
    if state.take(state.SWITCH_TO) == before:
        state.pop(state.SWITCH_TO)
    after = right.selectbox("To", others, format_func=labels.get, key=state.SWITCH_TO, bind="query-params")
    floor, precision, k = _choose_floor(labels[before])
    try:
        found = cache.switched(figures, before, after, floor, precision, k, state.take(state.PRICE))
    except SettingsError as error:
        st.warning(plain(str(error)))
        return
    st.markdown(f"#### {plain(found.sentence)}")
    st.caption(plain(f"{evidence(found.comparison)}."))
    unknown = [plain(label) for label, time in zip(found.labels, found.times, strict=True) if time is None]
    if unknown:
        st.caption(f"Not timed with these settings: {', '.join(unknown)}. Efficiency says more.")
    if found.no_floor:
        st.warning(plain(found.no_floor))
    if found.floors is not None:
        _decisions(figures, found, found.floors)
    else:
        st.caption("Choose a floor to see which queries would change between an answer and a refusal.")
    _export(view, figures, found)


def _choose_floor(label: str) -> tuple[float | None, float | None, int]:
    """The floor of A as a raw score, or as a precision, and the passages that count."""
    asked.check(state.SWITCH_HOW, HOW, "way to set a floor")
    asked.check_number(state.SWITCH_FLOOR, -math.inf, math.inf, 0, "score floor")
    asked.check_number(state.SWITCH_PRECISION, 0.05, 1.0, 0.5, "precision")
    asked.check_number(state.SWITCH_K, 1, 100, 5, "top k")
    left, middle, right = st.columns([3, 2, 1], vertical_alignment="bottom")
    how = left.segmented_control(
        "Today nothing is shown below",
        HOW,
        default=NO_FLOOR,
        required=True,
        key=state.SWITCH_HOW,
        bind="query-params",
    )
    floor = precision = None
    if how == BY_SCORE:
        floor = middle.number_input(
            "Score floor",
            value=0.0,
            step=0.01,
            format="%.4f",
            key=state.SWITCH_FLOOR,
            bind="query-params",
            help=f"The raw score below which {plain(label)} shows nothing now.",
        )
    elif how == BY_PRECISION:
        precision = middle.slider(
            "Precision of what is shown", 0.05, 1.0, 0.5, 0.05, key=state.SWITCH_PRECISION, bind="query-params"
        )
    k = right.number_input("Top k", 1, 100, 5, key=state.SWITCH_K, bind="query-params", disabled=how == NO_FLOOR)
    return floor, precision, int(k)


def _decisions(figures: Figures, found: Switch, floors: Floors) -> None:
    held = (floors.held_out_before, floors.held_out)
    if None not in held:
        st.caption(
            f"Precision in the first {found.k} on queries that did not choose the floors ({FOLDS} folds): "
            f"{share(held[0] or 0.0)} now, {share(held[1] or 0.0)} then. On those that did: "
            f"{share(floors.before.precision or 0.0)} and {share(floors.promised or 0.0)}; "
            f"{counted(floors.after.judged, 'graded passage')} shown then, {floors.after.unjudged:,} ungraded."
        )
    queries = figures.whole.queries
    st.altair_chart(tops_chart(found, queries), width="stretch")
    st.caption("Each point is a query. Dashed: the two floors. Raw scores; each system has its own scale.")
    if not found.flips:
        st.caption("No query changes between an answer and a refusal.")
        return
    st.markdown(f"**{counted(len(found.flips), 'query', 'queries')} change**")
    frame = flips_frame(found, queries)
    addresses = compare_addresses(queries, [flip.qid for flip in found.flips])
    frame.insert(1, "Open", [addresses[flip.qid] for flip in found.flips])
    st.dataframe(
        written_table(frame, dict.fromkeys(("Score now", "Score then"), lambda value: figure(value, 4))),
        hide_index=True,
        width="stretch",
        column_config={"Open": st.column_config.LinkColumn(display_text="Compare", width="small")},
    )


def _export(view: View, figures: Figures, found: Switch) -> None:
    with st.container(horizontal=True):
        st.download_button(
            "These figures (JSON)",
            lambda: json.dumps(found.to_json(), ensure_ascii=False, indent=1).encode("utf-8"),
            file_name(view, "switch.json"),
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
        if found.flips:
            st.download_button(
                "Queries that change (CSV)",
                lambda: flips_csv(found, figures.whole.queries).encode("utf-8"),
                file_name(view, "switch.csv"),
                "text/csv",
                icon=":material/download:",
                on_click="ignore",
            )
