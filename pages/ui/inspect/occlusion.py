"""What carries the score: one sentence left out at a time, when somebody asks for it."""

from __future__ import annotations

import streamlit as st

from pages.ui import work
from pages.ui.markdown import plain
from pages.ui.tables import harmless_table
from rerank_core.experiment.inspection import Occlusion, why_not
from rerank_core.experiment.job_requests import OccludeRequest
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import System
from rerank_core.types import Ranking
from rerank_core.views.passage import occlusion_html, sentences_frame


def show(space: Workspace, request: OccludeRequest, system: System, ranking: Ranking, docid: str) -> None:
    """The button, then the passage with what each sentence adds."""
    st.markdown("**Which sentences carry the score**")
    if problem := why_not(system):
        st.caption(plain(problem))
        return
    job = work.latest(space, request)
    if job is not None and job.is_open:
        work.watch(space, [job.id], lambda: None)
    elif job is not None and job.state == "done":
        _result(Occlusion.from_dict(job.result), ranking, docid)
    else:
        if job is not None and job.state == "failed":
            st.error(plain(job.message))
        st.button(
            "Leave out one sentence at a time",
            on_click=work.ask,
            args=(space, request, True),
            help="The model scores the passage once for each sentence. It runs on this machine and costs only time.",
        )


def _result(occlusion: Occlusion, ranking: Ranking, docid: str) -> None:
    st.html(occlusion_html(occlusion))
    st.caption(
        "In brackets: the change of the raw score without that sentence. Blue: the sentence lifts the score, so that "
        "it falls without it (–); orange: the sentence lowers it (+). The stronger the tint, the larger the change."
    )
    st.dataframe(
        harmless_table(sentences_frame(occlusion, ranking, docid)),
        hide_index=True,
        width="stretch",
        column_config={
            "No": st.column_config.NumberColumn(width=50),
            "Change": st.column_config.NumberColumn(format="%+.4f", width=90),
            "Rank without it": st.column_config.NumberColumn(width=120),
        },
    )
