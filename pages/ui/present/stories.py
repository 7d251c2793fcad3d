"""The stories of the page Present: one query before and after, large, with a sentence; a key for the next one."""

from __future__ import annotations

import streamlit as st

from pages.ui import state
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.evaluation.verdict import plain_verdict
from rerank_core.experiment.figures import Figures
from rerank_core.experiment.one_query import NOT_HERE
from rerank_core.experiment.stories import order_of_stories, sentence, tell
from rerank_core.experiment.summary import SystemSummary
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc
from rerank_core.views.story import link_html, story_html

SHOWN = 5


def choose_after(view: View, figures: Figures) -> SystemSummary | None:
    """The system to tell of, against the baseline; None, with the next step, where there is none."""
    compared = {row.system: row for row in figures.summary.systems if row.comparison is not None and row.comparison.n}
    if not compared:
        st.info("There is nothing to show yet: this page needs two rankings of the same queries, and graded passages.")
        st.html(link_html("Compare", "Compare two of them") + link_html("Label", "Grade passages"))
        return None
    best = max(compared, key=lambda row: compared[row].comparison.mean or 0.0)
    chosen = st.selectbox(
        f"{plain(figures.whole.labels[view.baseline])}, compared with",
        list(compared),
        index=list(compared).index(best),
        format_func=lambda system: compared[system].label,
        key=state.COMPARED,
        bind="query-params",
    )
    return compared[chosen]


def show_stories(space: Workspace, view: View, figures: Figures, after: SystemSummary) -> None:
    """The story that is on, the way to the next one, and how all of them together look."""
    st.markdown(f"#### {plain(plain_verdict(after.comparison))}")
    qids = order_of_stories(figures.summary, after.system)
    if not qids:
        st.info("The two systems give the same results for every graded query.")
        return
    qid = state.take(state.STORY)
    place = qids.index(qid) if qid in qids else 0
    with st.container(horizontal=True, vertical_alignment="center"):
        _step("Back", qids, place - 1, "Left")
        _step("Next story", qids, place + 1, "Right")
        st.caption(
            f"Story {place + 1} of {len(qids)}, the largest difference first, for better or worse. "
            "Keys: the left and right arrows."
        )
    _story(space, view, figures, after, qids[place])


def _story(space: Workspace, view: View, figures: Figures, after: SystemSummary, qid: str) -> None:
    story = tell(figures.whole, figures.summary, after.system, qid, SHOWN)
    docids = [place.docid for place in (*story.before, *story.after)]
    with space.open() as db:
        docs = datasets.get_docs(db, view.dataset.id, [*docids, story.subject])
    docs = {docid: Doc(docid, NOT_HERE) for docid in docids} | docs
    line = sentence(story, docs, view.dataset.scale)
    names = (f"Before: {figures.whole.labels[view.baseline]}", f"After: {after.label}")
    st.html(story_html(story, line, names, docs, view.dataset.scale))


def _step(label: str, qids: list[str], place: int, key: str) -> None:
    st.button(
        label,
        key=f"story {key}",
        shortcut=key,
        disabled=not 0 <= place < len(qids),
        on_click=state.put,
        args=(state.STORY, qids[place % len(qids)]),
    )
