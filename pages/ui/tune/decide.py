"""Where the answer is too close to call: the passages that could decide it, graded in place."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import roles, state
from pages.ui.judge import ask
from pages.ui.label import page
from pages.ui.label.answer import Sent
from pages.ui.markdown import plain
from pages.ui.outbox.writer import of_session
from pages.ui.view import View
from rerank_core.errors import SettingsError
from rerank_core.evaluation.names import parse_measure
from rerank_core.evaluation.numbers import counted
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import TuneRequest
from rerank_core.judging.deciding import Deciding, Duel
from rerank_core.judging.next_grade.decision import Decision
from rerank_core.store import judgments
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import FIRST_STAGE
from rerank_core.tuning.afterwards.winners import ranked_by
from rerank_core.tuning.record import winner
from rerank_core.tuning.search_space import SearchSpace

OPEN = "too close to call"
_MOST_QUERIES = 1_000
"""Up to so many, the page says unasked how many passages could decide."""


def offer(space: Workspace, view: View, request: TuneRequest, found: dict[str, Any]) -> None:
    """Say how many passages could decide the best of the open answers, and grade them here once somebody wants to."""
    row = next((one for one in found["rows"] if one["answer"] == OPEN), None)
    measure = parse_measure(found["measure"])
    if row is None or measure.kind != "nDCG" or measure.k is None or found["queries"] > _MOST_QUERIES:
        return
    system = row["system"]
    try:
        with space.open() as db:
            newest = judgments.last_event(db, view.dataset.id)
        key = (str(space.path), space.path.stat().st_ino, view.dataset.fingerprint, repr(request), repr(found["best"]))
        experiment = _experiment(view, request)
        duel = _duel((*key, system), experiment, request, found, system, measure.k)
        decision = _decision((*key, system, newest), experiment, duel)
    except SettingsError:
        # what the search read is not kept any more: a new search says so
        return
    if decision is None:
        return
    graded_here = state.take(state.TUNED_GRADED) == system
    if decision.is_over and not graded_here:
        reach = (decision.left_high - decision.left_low) / 2
        st.caption(
            f"Grading these queries cannot decide it: {counted(decision.queries, 'query', 'queries')} leave "
            f"±{reach:.3f} open. Grade other queries, or choose a wider margin."
        )
        return
    if not graded_here:
        st.button(
            f"Grade the {counted(decision.passages, 'passage')} that could decide it",
            type="primary",
            icon=":material/arrow_downward:",
            icon_position="right",
            on_click=state.put,
            args=(state.TUNED_GRADED, system),
        )
        return
    _grade(space, view, key, experiment, duel, (found["rows"][0]["label"], row["label"]))


def _grade(
    space: Workspace, view: View, key: tuple[object, ...], experiment: Experiment, duel: Duel, names: tuple[str, str]
) -> None:
    if why := space.why_only_read():
        st.info(f"This workspace can only be read: {plain(why)}.")
        return
    name = roles.login_name() or view.judge
    if not name:
        if ask(view.dataset):
            st.rerun()
        return
    listed = _deciding((*key, names, name), experiment, name, duel)
    st.caption(
        f"You grade as **{plain(name)}**; the key ? shows all keys. The answer above stays as it was until you search "
        "again."
    )
    page.deciding_desk(space, view.dataset, name)
    sent, writer = Sent(), of_session(name, state.DECIDING)

    @st.fragment
    def grades() -> None:
        page.grades(space, view.dataset, name, listed, sent, names, writer, key=state.DECIDING)

    grades()


def _experiment(view: View, request: TuneRequest) -> Experiment:
    return view.experiment.with_systems([one for one in view.experiment.systems if one.id in request.systems])


# what begins with an underscore does not name the result: the stamp says all of it
@st.cache_resource(show_spinner="Finding what could decide…", max_entries=8)
def _duel(
    stamp: tuple[object, ...],
    _experiment: Experiment,
    _request: TuneRequest,
    _found: dict[str, Any],
    _system: str,
    _k: int,
) -> Duel:
    both = {one: winner(_found, one).setting for one in (FIRST_STAGE, _system)}
    ranked = ranked_by(_experiment, SearchSpace.from_dict(_request.space), both)
    return Duel(ranked[FIRST_STAGE], ranked[_system], _k, _found["margin"] or 1e-6)


@st.cache_resource(show_spinner="Finding what could decide…", max_entries=16)
def _decision(stamp: tuple[object, ...], _experiment: Experiment, _duel: Duel) -> Decision | None:
    dataset = _experiment.dataset
    with _experiment.workspace.open() as db:
        qrels = judgments.qrels(db, dataset.id)
    return _duel.decision({qid: qrels.get(qid, {}) for qid in _duel.other}, tuple(sorted(dataset.scale)))


@st.cache_resource(show_spinner="Finding what could decide…", max_entries=16)
def _deciding(stamp: tuple[object, ...], _experiment: Experiment, _judge: str, _duel: Duel) -> Deciding:
    return Deciding(_experiment.workspace, _experiment.dataset, _judge, _duel)
