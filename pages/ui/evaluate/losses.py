"""Loss: retrieval or ordering, per system and per query, and the recall that bounds every reranker."""

from __future__ import annotations

import streamlit as st

from pages.ui import asked, cache, state
from pages.ui.markdown import plain
from pages.ui.tables import written_table
from pages.ui.view import View
from rerank_core.evaluation.numbers import count, figure
from rerank_core.experiment.figures import Figures
from rerank_core.experiment.summary import other_candidates_sentence
from rerank_core.store.workspace import Workspace
from rerank_core.views.losses import loss_chart, loss_frame, query_losses_frame, recall_chart


def show(space: Workspace, view: View, figures: Figures) -> None:
    """The bars of all systems, the queries of one, and recall over depth."""
    losses = {system: loss for system, loss in figures.losses.items() if loss.mean is not None}
    if not losses:
        st.info("No query has a passage that is graded as relevant, so there is no loss to show.")
        return
    k, depth = figures.summary.k, view.experiment.settings.depth
    counts = {loss.n for loss in losses.values()}
    st.altair_chart(loss_chart(loss_frame(losses), k), width="stretch")
    st.caption(
        f"Mean over {count(min(counts))} queries with a relevant passage. Lost by retrieval: relevant passages are not "
        f"among the {depth} candidates, and no reranker can help. Lost by ordering: they are among the candidates, in "
        "the wrong places."
    )
    for loss in figures.losses.values():
        if loss.off_candidates:
            why = other_candidates_sentence(loss.label, loss.off_candidates)
            st.warning(f"{plain(why)} Its loss is without them.")
    asked.check_system(state.EXPLAINED, {system: loss.label for system, loss in losses.items()})
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chosen = st.selectbox(
            "Loss per query, for system",
            list(losses),
            format_func=lambda system: losses[system].label,
            key=state.EXPLAINED,
            bind="query-params",
        )
        frame = query_losses_frame(losses[chosen], figures.whole.queries)
        names = ("Reached", "Possible", "Ordering", "Retrieval")
        numbers = dict.fromkeys(names, st.column_config.NumberColumn(width="small"))
        st.dataframe(
            written_table(frame, dict.fromkeys(names, figure)), hide_index=True, width="stretch", column_config=numbers
        )
    with right:
        _recall(figures, depth)


def _recall(figures: Figures, depth: int) -> None:
    curve, queries = cache.recall_curve(figures.experiment, only=figures.only_qids)
    st.markdown("Recall of the candidates by their number")
    if not curve:
        st.caption("Shown once all queries have been searched at these depths.")
        return
    st.altair_chart(recall_chart(curve, depth), width="stretch")
    st.caption(f"Mean over {count(queries)} queries; the dashed line is the chosen number of candidates.")
