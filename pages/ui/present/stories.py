"""The stories of the page Present: one query before and after, large, with a sentence; a key for the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import asked, state
from pages.ui.doors import page_link
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
from rerank_core.views.story import story_html, verdict_html

SHOWN = 5


def choose_after(view: View, figures: Figures) -> SystemSummary | None:
    """The system to tell of, against the baseline; None, with the next step, where there is none."""
    compared = {row.system: row for row in figures.summary.systems if row.comparison is not None and row.comparison.n}
    if not compared:
        st.info("There is nothing to show yet: this page needs two rankings of the same queries, and graded passages.")
        page_link("Compare", "Compare two of them", icon=":material/arrow_forward:")
        page_link("Label", "Grade passages", icon=":material/arrow_forward:")
        return None
    best = max(compared, key=lambda row: compared[row].comparison.mean or 0.0)
    asked.check_system(
        state.COMPARED, {system: row.label for system, row in compared.items()}, "system to compare with"
    )
    chosen = st.selectbox(
        f"{plain(figures.whole.labels[view.baseline])}, compared with",
        list(compared),
        index=list(compared).index(best),
        format_func=lambda system: compared[system].label,
        key=state.COMPARED,
        bind="query-params",
    )
    return compared[chosen]


def show_stories(
    space: Workspace,
    view: View,
    figures: Figures,
    after: SystemSummary,
    names: Mapping[str, str],
    controls: DeltaGenerator,
) -> None:
    """The story that is on, the way to the next one, and how all of them together look.

    `names`: by system id. `controls`: the row for the buttons.
    """
    st.html(verdict_html(_verdict(view, after, names)))
    qids = order_of_stories(figures.summary, after.system)
    if not qids:
        st.info("The two systems give the same results for every graded query.")
        return
    qid = state.take(state.STORY)
    place = qids.index(qid) if qid in qids else 0
    with controls:
        _step("Back", qids, place - 1, "Left")
        _step("Next story", qids, place + 1, "Right")
        st.caption(
            f"Story {place + 1} of {len(qids)}",
            width="content",
            help="The largest difference first, for better or worse. Keys: the left and right arrows.",
        )
    _story(space, view, figures, after, qids[place], names)


def _verdict(view: View, after: SystemSummary, names: Mapping[str, str]) -> str:
    """The verdict with the names for an audience, which are of any kind, so they stand in quotes."""
    quoted = {system: f"“{name}”" for system, name in names.items()}
    assert after.comparison is not None
    return plain_verdict(replace(after.comparison, system=quoted[after.system], baseline=quoted[view.baseline]))


def _story(
    space: Workspace, view: View, figures: Figures, after: SystemSummary, qid: str, names: Mapping[str, str]
) -> None:
    story = tell(figures.whole, figures.summary, after.system, qid, SHOWN)
    docids = [place.docid for place in (*story.before, *story.after)]
    with space.open() as db:
        docs = datasets.get_docs(db, view.dataset.id, [*docids, story.subject])
    docs = {docid: Doc(docid, NOT_HERE) for docid in docids} | docs
    line = sentence(story, docs, view.dataset.scale)
    both = (names[view.baseline], names[after.system])
    st.html(story_html(story, line, both, docs, view.dataset.scale))


def _step(label: str, qids: list[str], place: int, key: str) -> None:
    st.button(
        label,
        key=f"story {key}",
        shortcut=key,
        disabled=not 0 <= place < len(qids),
        on_click=state.put,
        args=(state.STORY, qids[place % len(qids)]),
    )
