"""What there is to learn from, what is trained, and the job that does it."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import streamlit as st

from pages.ui import asked, state, work
from pages.ui.held_out import answers, fields
from pages.ui.markdown import plain
from pages.ui.train.starts import starts_of, teachers_of
from pages.ui.view import View
from rerank_core.evaluation.numbers import counted
from rerank_core.experiment.job_requests import TrainRequest
from rerank_core.store import judgments
from rerank_core.store.jobs import Job
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import FIRST_STAGE
from rerank_core.training.data import ENOUGH_PAIRS
from rerank_core.training.folds import FOLDS
from rerank_core.training.models.cross_encoder import CROSS_ENCODER, DISTILLED
from rerank_core.training.models.encoder import ENCODER
from rerank_core.training.models.extras import EXTRAS, price_sentence
from rerank_core.training.models.late_interaction import LATE_INTERACTION
from rerank_core.training.plan import asked as learnable
from rerank_core.training.record import BLEND, KINDS
from rerank_core.tuning.held_out import LEAST_QUERIES

_MODELS = {label: kind for kind, label in KINDS.items()}
_ABOUT = {
    ENCODER: "The bundled MiniLM is trained on three quarters of these queries and measured on the others. Then all "
    "passages are embedded anew.",
    LATE_INTERACTION: "The bundled MiniLM's token vectors, as MaxSim compares them, are trained on three quarters of "
    "these queries. It is measured on the others.",
    CROSS_ENCODER: "A cross-encoder goes on from one that is here, on the grades of three quarters of these queries, "
    "and is measured on the others.",
    DISTILLED: "The bundled MiniLM, as a cross-encoder, first learns in which order a system puts passages, also those "
    "that nobody has graded; then the grades of three quarters of these queries. It is measured on the others. With "
    "the few queries of the demo it stays below its teacher, and below the plain cosine.",
}


def choose(space: Workspace, view: View) -> TrainRequest:
    """The request that the page's fields say; stops the page where nothing can be trained."""
    asked.check(state.TRAINED_MODEL, _MODELS, "kind of training")
    left, middle, right = st.columns(3)
    label = left.selectbox("What to train", list(_MODELS), key=state.TRAINED_MODEL, bind="query-params")
    model = _MODELS[label]
    measure = fields.measure(middle, state.TRAINED_MEASURE)
    margin = fields.margin(right, state.TRAINED_MARGIN, space, view)
    with space.open() as db:
        grades = judgments.qrels(db, view.dataset.id)
    graded, pairs = sum(map(bool, grades.values())), sum(map(len, grades.values()))
    if view.experiment.settings.is_elsewhere:
        st.info("Training works on candidates of our own indexes, not yet on those of a search engine elsewhere.")
        st.stop()
    _say_what_is_there(graded, pairs)
    start = _system(starts_of(space), "Start from", state.TRAINED_START) if model == CROSS_ENCODER else ""
    teacher = _system(teachers_of(view.ready), "Teacher", state.TRAINED_TEACHER) if model == DISTILLED else ""
    if model != BLEND:
        st.caption(
            f"{_ABOUT[model]} Without a GPU it takes minutes to an hour; it can be stopped, and goes on where it was."
        )
    return TrainRequest(
        dataset=view.dataset.name,
        settings=view.experiment.settings.to_json(),
        fingerprint=view.dataset.fingerprint,
        systems=_systems(view, model),
        model=model,
        measure=measure,
        level=view.level,
        folds=FOLDS,
        seed=0,
        margin=margin,
        graded=graded,
        start=start,
        teacher=teacher,
    )


def train(space: Workspace, request: TrainRequest) -> dict[str, Any] | None:
    """What the newest equal training found, whatever was trained beside it; until then its button, or its bar."""
    job = work.latest(space, request)
    if answers.watched(space, job):
        return None
    done = [one for one in _jobs(space, request) if one.state == "done"]
    if done:
        return max(done, key=lambda one: one.id).result
    _say_how_it_ended(job)
    if not space.why_only_read():
        st.button("Train", type="primary", on_click=work.submit, args=(space, request))
    return None


def offer_again(space: Workspace, view: View, request: TrainRequest, found: dict[str, Any]) -> None:
    """Where grades came since the training, say so and offer another one; the answer stands until then."""
    answers.offer_again(space, view, request, found, ("training", "Train"), work.submit)


def offer_extras(space: Workspace, request: TrainRequest, found: dict[str, Any]) -> None:
    """What can be trained beside it, each with its price; the answer stands meanwhile."""
    for extra in EXTRAS:
        if extra not in found.get("prices", {}) or extra in found["extras"]:
            continue
        more = replace(request, extras=tuple(sorted({*found["extras"], extra})))
        job = work.latest(space, more)
        if answers.watched(space, job):
            return
        _say_how_it_ended(job)
        st.caption(plain(price_sentence(found["prices"], extra)))
        if not space.why_only_read():
            st.button(EXTRAS[extra], on_click=work.submit, args=(space, more))


def _jobs(space: Workspace, request: TrainRequest) -> list[Job]:
    asked_for = [extras for size in range(len(EXTRAS) + 1) for extras in combinations(sorted(EXTRAS), size)]
    found = [work.latest(space, replace(request, extras=extras)) for extras in asked_for]
    return [job for job in found if job is not None]


def _say_how_it_ended(job: Job | None) -> None:
    if job is not None and job.state == "failed":
        st.error(plain(job.message))
    if job is not None and job.state == "cancelled":
        st.info("Stopped. What was finished is kept: training goes on from there.")


def _system(labels: dict[str, str], name: str, key: str) -> str:
    """The menu of these systems, by id; stops the page where there is none."""
    if not labels:
        st.info(
            "There is no cross-encoder on this machine yet: add a folder or a downloaded model on **Rerankers**."
            if key == state.TRAINED_START
            else "A teacher is one of the systems of the sidebar that has not seen these queries: choose one there."
        )
        st.stop()
    asked.check_system(key, labels)
    return str(st.selectbox(name, list(labels), 0, labels.get, key=key, bind="query-params", width=400))


def _say_what_is_there(graded: int, pairs: int) -> None:
    """Stops the page where too few queries are graded to hold any out."""
    there = f"{counted(pairs, 'graded pair')} of {counted(graded, 'query', 'queries')}"
    fields.stop_with_too_few(graded, LEAST_QUERIES, there)
    if pairs < ENOUGH_PAIRS:
        st.warning(
            f"Little to learn from: {there}. From about {ENOUGH_PAIRS} on results hold better: grade "
            f"{counted(ENOUGH_PAIRS - pairs, 'more pair')} on **Label**."
        )
    else:
        st.caption(f"There are {there}.")


def _systems(view: View, model: str) -> tuple[str, ...]:
    """The view's systems that it can be compared with, and a blend can ask; the others are named with the reason."""
    kept, said = learnable(view.ready)
    for sentence in said:
        st.caption(plain(sentence))
    if not kept and model == BLEND:
        st.caption("No reranker is chosen in the sidebar: the blend learns from the first stage and the texts alone.")
    return (FIRST_STAGE, *(system.id for system in kept))
