"""What there is to learn from, what is trained, and the job that does it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import asked, state, work
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.evaluation.equivalence import DEFAULT_MARGIN
from rerank_core.evaluation.numbers import counted
from rerank_core.experiment.job_requests import TrainRequest
from rerank_core.store import judgments, margins
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import FIRST_STAGE
from rerank_core.training.data import ENOUGH_PAIRS
from rerank_core.training.encoder import ENCODER
from rerank_core.training.folds import FOLDS
from rerank_core.training.plan import asked as learnable
from rerank_core.training.record import KINDS
from rerank_core.tuning.held_out import LEAST_QUERIES

_MODELS = {label: kind for kind, label in KINDS.items()}
_MEASURES = ("nDCG@10", "RR@10", "P@5", "R@10", "Success@10")


def choose(space: Workspace, view: View) -> TrainRequest:
    """The request that the page's fields say; stops the page where nothing can be trained."""
    asked.check(state.TRAINED_MODEL, _MODELS, "kind of training")
    asked.check(state.TRAINED_MEASURE, _MEASURES, "measure")
    left, middle, right = st.columns(3)
    label = left.selectbox("What to train", list(_MODELS), key=state.TRAINED_MODEL, bind="query-params")
    model = _MODELS[label]
    measure = middle.selectbox("Measure", _MEASURES, key=state.TRAINED_MEASURE, bind="query-params")
    with space.open() as db:
        grades = judgments.qrels(db, view.dataset.id)
        usual = margins.get_margin(db, view.dataset.id) or DEFAULT_MARGIN
    asked.check_number(state.TRAINED_MARGIN, 0, 0.5, usual, "smallest difference")
    margin = right.number_input(
        "Smallest difference that matters",
        0.0,
        0.5,
        usual,
        0.005,
        format="%.3f",
        key=state.TRAINED_MARGIN,
        bind="query-params",
        help="A gain that is surely smaller is not worth it.",
    )
    graded, pairs = sum(map(bool, grades.values())), sum(map(len, grades.values()))
    if view.experiment.settings.is_elsewhere:
        st.info("Training works on candidates of our own indexes, not yet on those of a search engine elsewhere.")
        st.stop()
    _say_what_is_there(graded, pairs)
    if model == ENCODER:
        st.caption(
            "The bundled MiniLM is trained on three quarters of these queries and measured on the others. Then all "
            "passages are embedded anew. Without a GPU it takes minutes to an hour; it can be stopped, and goes on "
            "where it was."
        )
    return TrainRequest(
        dataset=view.dataset.name,
        settings=view.experiment.settings.to_json(),
        fingerprint=view.dataset.fingerprint,
        systems=_systems(view),
        model=model,
        measure=measure,
        level=view.level,
        folds=FOLDS,
        seed=0,
        margin=float(margin),
        graded=graded,
    )


def train(space: Workspace, view: View, request: TrainRequest) -> dict[str, Any] | None:
    """What the newest equal training found; until then its button, or its bar."""
    job = work.latest(space, request)
    if job is not None and job.is_open:
        work.watch(space, [job.id], lambda: None, seconds=1.0)
        return None
    if job is not None and job.state == "done":
        return job.result
    if job is not None and job.state == "failed":
        st.error(plain(job.message))
    if job is not None and job.state == "cancelled":
        st.info("Stopped. What was ranked is kept: training goes on from there.")
    if not space.why_only_read():
        st.button("Train", type="primary", on_click=work.submit, args=(space, request))
    return None


def offer_again(space: Workspace, view: View, request: TrainRequest, found: dict[str, Any]) -> None:
    """Where grades came since the training, say so and offer another one; the answer stands until then."""
    if not work.is_behind_grades(space, view.dataset, found):
        return
    st.info("Grades came since this training, and the answer does not know them.")
    if not space.why_only_read():
        st.button("Train again", on_click=work.submit, args=(space, request))


def _say_what_is_there(graded: int, pairs: int) -> None:
    """Stops the page where too few queries are graded to hold any out."""
    there = f"{counted(pairs, 'graded pair')} of {counted(graded, 'query', 'queries')}"
    if graded < LEAST_QUERIES:
        st.info(
            f"Nothing can be held out yet: {there}, and at least {LEAST_QUERIES} queries are needed. Grade passages of "
            f"{counted(LEAST_QUERIES - graded, 'more query', 'more queries')} on **Label**."
        )
        st.stop()
    if pairs < ENOUGH_PAIRS:
        st.warning(
            f"Little to learn from: {there}. From about {ENOUGH_PAIRS} on results hold better: grade "
            f"{counted(ENOUGH_PAIRS - pairs, 'more pair')} on **Label**."
        )
    else:
        st.caption(f"There are {there}.")


def _systems(view: View) -> tuple[str, ...]:
    """The view's systems that a blend can ask; the others are named with the reason."""
    kept, said = learnable(view.ready)
    for sentence in said:
        st.caption(plain(sentence))
    if not kept:
        st.caption("No reranker is chosen in the sidebar: the blend learns from the first stage and the texts alone.")
    return (FIRST_STAGE, *(system.id for system in kept))
