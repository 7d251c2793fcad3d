"""What is searched, what that costs, and the job that does it."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import streamlit as st

from pages.ui import asked, state, work
from pages.ui.held_out import answers, fields
from pages.ui.markdown import plain
from pages.ui.tune import variants
from pages.ui.view import View
from rerank_core.errors import SettingsError
from rerank_core.experiment.chosen_on import chosen_on_queries, chosen_on_sentence, trained_systems
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import Request, TuneRequest
from rerank_core.store import datasets, judgments
from rerank_core.store.jobs import Job
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import FIRST_STAGE
from rerank_core.tuning.held_out import LEAST_QUERIES, SPLITS
from rerank_core.tuning.inputs import searched, what_is_missing
from rerank_core.tuning.search_space import SearchSpace

_DEEPEST = (20, 50, 100, 200, 500)
_PRECISIONS: dict[str, float | None] = {
    "No floor": None,
    "Half of it": 0.5,
    "70 %": 0.7,
    "80 %": 0.8,
    "90 %": 0.9,
    "95 %": 0.95,
}


def choose(space: Workspace, view: View) -> TuneRequest:
    """The request that the page's fields say; stops the page where no search can be made of them."""
    asked.check(state.TUNED_DEPTH, _DEEPEST, "number of candidates")
    left, middle, right = st.columns(3)
    measure = fields.measure(left, state.TUNED_MEASURE)
    deepest = middle.select_slider(
        "Deepest candidates",
        _DEEPEST,
        50,
        key=state.TUNED_DEPTH,
        bind="query-params",
        help="Depths up to this one are tried. Deeper costs more pairs: twice this many are scored once per query.",
    )
    left, middle, _ = st.columns(3)
    asked.check(state.TUNED_PRECISION, _PRECISIONS, "precision")
    precision = left.selectbox(
        "Score floor: of what is shown, is relevant",
        list(_PRECISIONS),
        key=state.TUNED_PRECISION,
        bind="query-params",
        help="Passages that score lower are left out of the answer, and a query without a better one gets none.",
    )
    asked.check_number(state.TUNED_LIMIT, 1, math.inf, None, "time limit")
    middle.number_input(
        "Time limit per query (ms)",
        min_value=1,
        value=None,
        step=10,
        key=state.TUNED_LIMIT,
        bind="query-params",
        placeholder="none",
        help="How long reranking may take. The answer does not depend on it.",
    )
    with space.open() as db:
        graded = sum(map(bool, judgments.qrels(db, view.dataset.id).values()))
    margin = fields.margin(right, state.TUNED_MARGIN, space, view)
    there = f"{graded:,} {'query has' if graded == 1 else 'queries have'} grades"
    fields.stop_with_too_few(graded, LEAST_QUERIES, there)
    tried = variants.choose(space, view)
    values = asdict(_space(deepest))
    return TuneRequest(
        dataset=view.dataset.name,
        settings=view.experiment.settings.to_json(),
        fingerprint=view.dataset.fingerprint,
        systems=_searchable(view),
        measure=measure,
        level=view.level,
        splits=SPLITS,
        seed=0,
        margin=margin,
        space=_only_chosen({"depths": list(values["depths"])}, _PRECISIONS[precision], tried),
        graded=graded,
    )


def search(space: Workspace, view: View, request: TuneRequest) -> dict[str, Any] | None:
    """What the newest equal search found; until then its cost and its button, or its bar."""
    job = work.latest(space, request)
    if answers.watched(space, job):
        return None
    if job is not None and job.state == "done":
        return job.result
    _say_what_it_costs(view.experiment, request, job)
    if not space.why_only_read():
        st.button("Search the settings", type="primary", on_click=work.submit, args=(space, request, True))
    return None


def offer_again(space: Workspace, view: View, request: TuneRequest, found: dict[str, Any]) -> None:
    """Where grades came since the search, say so and offer another one; the answer stands until then."""
    answers.offer_again(space, view, request, found, ("search", "Search"), _search_again)


def _search_again(space: Workspace, request: Request) -> None:
    state.pop(state.TUNED_GRADED)
    work.submit(space, request, True)


def _say_what_it_costs(experiment: Experiment, request: TuneRequest, job: Job | None) -> None:
    if job is not None and job.state == "failed":
        st.error(plain(job.message))
    searched_now = experiment.with_systems([one for one in experiment.systems if one.id in request.systems])
    missing = what_is_missing(searched_now, SearchSpace.from_dict(request.space))
    if missing.nothing:
        st.caption("Everything that the search needs is ranked already: no model is asked.")
    else:
        st.markdown(f"**Before it starts:** {plain(missing.sentence())}")
    for sentence in missing.failures():
        st.warning(plain(sentence))


def _searchable(view: View) -> tuple[str, ...]:
    """The view's systems whose scores can be searched; the others are named."""
    kept = []
    with view.ready.workspace.open() as db:
        queries = datasets.get_queries(db, view.dataset.id)
    labels = {system.id: system.label for system in view.ready.systems}
    trained = trained_systems(view.ready)
    for one, count in chosen_on_queries(view.ready, queries).items():
        st.warning(plain(chosen_on_sentence(labels[one], count, len(queries), one in trained)))
    for system in view.ready.systems:
        try:
            if searched([system]):
                kept.append(system.id)
        except SettingsError as error:
            st.caption(plain(str(error)))
    if not kept:
        st.caption("No reranker is chosen in the sidebar: only the first stage is searched.")
    return (FIRST_STAGE, *kept)


def _only_chosen(space: dict[str, Any], precision: float | None, tried: dict[str, Any]) -> dict[str, Any]:
    """Without a floor, or without query variants, the request says nothing of them, as those of older searches."""
    more = {"precision": precision, "variants": tried or None}
    return {**space, **{name: value for name, value in more.items() if value is not None}}


def _space(deepest: int) -> SearchSpace:
    space = SearchSpace()
    return SearchSpace(depths=tuple(depth for depth in (*space.depths, 200, 500) if depth <= deepest))
