"""The section Grade what decides: passages that could decide, graded in place, the verdict following beside them."""

from __future__ import annotations

import streamlit as st

from pages.ui import roles, state
from pages.ui.evaluate import cache
from pages.ui.evaluate.queries import choose_system
from pages.ui.judge import ask
from pages.ui.label import page
from pages.ui.label.answer import Sent
from pages.ui.markdown import plain
from pages.ui.outbox.writer import of_session
from pages.ui.view import View
from rerank_core.experiment.figures import Figures
from rerank_core.store.workspace import Workspace


def show(space: Workspace, view: View, figures: Figures) -> None:
    """Choose a system, say who grades, and grade; each grade moves the interval."""
    compared = [row for row in figures.summary.systems if row.comparison is not None and row.comparison.n]
    chosen = compared[0] if len(compared) == 1 else choose_system(figures)
    if chosen is None:
        return
    if why := space.why_only_read():
        st.info(f"This workspace can only be read: {plain(why)}.")
        return
    if not cache.is_ndcg(figures):
        st.info("This works with nDCG and a cutoff, such as nDCG@10, as the first measure.")
        return
    if len(figures.summary.qids) < 2:
        st.info("This needs two graded queries or more that both systems have ranked.")
        return
    name = roles.login_name() or view.judge
    if not name:
        if ask(view.dataset):
            st.rerun()
        return
    listed = cache.deciding(figures, chosen.system, name)
    st.caption(
        f"You grade as **{plain(name)}**; the key ? shows all keys. The drawing predicts ungraded passages; the "
        "verdict above counts them as not relevant until they are graded."
    )
    baseline = figures.whole.labels[view.baseline]
    page.deciding_desk(space, view.dataset, name)
    sent, writer = Sent(), of_session(name, state.DECIDING)

    @st.fragment
    def grades() -> None:
        names = (baseline, chosen.label)
        page.grades(space, view.dataset, name, listed, sent, names, writer, key=state.DECIDING)

    grades()
