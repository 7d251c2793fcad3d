"""When to rerank: the share of queries that are reranked against quality, time and money, and the router for it."""

from __future__ import annotations

import streamlit as st

from pages.ui import asked, failures, state
from pages.ui.evaluate import cache
from pages.ui.markdown import plain
from pages.ui.tables import written_table
from pages.ui.view import View
from rerank_core.errors import RerankLensError, SettingsError
from rerank_core.evaluation.numbers import figure, share
from rerank_core.experiment.figures import Figures
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import FIRST_STAGE
from rerank_core.tuning.afterwards.rerank_where import WhenToRerank
from rerank_core.tuning.afterwards.signal_floor import FOLDS
from rerank_core.tuning.afterwards.when_to_rerank import save_router
from rerank_core.views.when_to_rerank import curve_chart, curve_frame


def show(space: Workspace, view: View, figures: Figures) -> None:
    """The sentence, the curve, and the router to keep."""
    labels = {
        row.system: row.label for row in figures.summary.systems if row.values is not None and row.system != FIRST_STAGE
    }
    if not labels:
        st.info("No reranker has ranked graded queries yet: choose one in the sidebar.")
        return
    asked.check(state.WHEN_SYSTEM, labels.values(), "system")
    system = st.selectbox(
        "Reranker", list(labels), format_func=labels.get, key=state.WHEN_SYSTEM, bind="query-params", width=420
    )
    try:
        found = cache.when(figures, system, state.take(state.PRICE))
    except SettingsError as error:
        st.info(plain(str(error)))
        return
    st.markdown(f"#### {plain(found.sentence)}")
    left, right = st.columns([3, 2], gap="medium")
    left.altair_chart(curve_chart(found), width="stretch")
    how = {
        "Reranked": share,
        found.measure: figure,
        "By chance": figure,
        "ms": lambda value: figure(value, 1),
        "$ / 1,000": lambda value: figure(value, 2),
    }
    right.dataframe(written_table(curve_frame(found), how), hide_index=True, width="stretch", height=425)
    st.caption(
        f"Held out: each query is routed by a signal and a floor that were fitted without it ({FOLDS} folds). Signals: "
        "how far the first candidate leads the second or third, the spread of the first 10 scores, the overlap of the "
        "retrievers. Dotted: reranking every query, less your margin. ms: of reranking, mean over all queries."
    )
    _keep(space, figures, found)


def _keep(space: Workspace, figures: Figures, found: WhenToRerank) -> None:
    said = state.pop(state.WHEN_SAID)
    if said is not None:
        kept, text = said
        (st.success if kept else st.error)(plain(text))
    if found.condition is None or not found.foretells or space.why_only_read():
        return
    with st.form("keep_router", border=False, width=620):
        left, right = st.columns([4, 1], vertical_alignment="bottom")
        left.text_input("Name of the router", key=state.WHEN_NAME, max_chars=80, placeholder="rerank when unsure")
        right.form_submit_button("Keep", width="stretch", on_click=_save, args=(figures, found))
    st.caption(
        f"It carries the mark of the {len(found.qids):,} queries that chose its floor: on them its figures are too "
        "good, and Compare and Evaluate say so."
    )


@failures.told
def _save(figures: Figures, found: WhenToRerank) -> None:
    name = str(state.take(state.WHEN_NAME) or "").strip()
    try:
        kept = save_router(figures, found, name)
    except RerankLensError as error:
        state.put(state.WHEN_SAID, (False, str(error)))
        return
    state.put(state.WHEN_SAID, (True, f"Kept as '{kept}'. Choose it in the sidebar of any page."))
