"""What a raw score means: probabilities fitted to the grades, and a floor that keeps a promise."""

from __future__ import annotations

import streamlit as st

from pages.ui import failures, state
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.errors import RerankLensError
from rerank_core.evaluation.numbers import share
from rerank_core.experiment.experiment import Experiment
from rerank_core.store import judgments
from rerank_core.store.tuned_systems import put_tuned
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.spec import Floor
from rerank_core.systems.systems import FIRST_STAGE, System, add_composite
from rerank_core.training.calibration import Calibrated, ScoredPairs, calibrate, scored_pairs
from rerank_core.views.training import reliability_chart


def show(space: Workspace, view: View) -> None:
    """The section, for one of the view's systems whose scores can be compared across queries; nothing without one."""
    systems = {one.id: one for one in view.ready.systems if one.id != FIRST_STAGE and one.scored_by is not None}
    if not systems:
        return
    st.subheader("What a score means")
    labels = {one: system.label for one, system in systems.items()}
    chosen = st.selectbox("System", list(labels), 0, labels.get, key=state.MEANT_SYSTEM)
    system = systems[chosen]
    with space.open() as db:
        newest = judgments.last_event(db, view.dataset.id)
    stamp = (str(space.path), space.path.stat().st_ino, view.dataset.fingerprint, view.experiment.settings.key())
    try:
        pairs = scored_pairs(view.ready, system)
        found = _calibrated((*stamp, system.key, newest, view.level, len(pairs.scores)), pairs, system.id)
    except RerankLensError as error:
        st.caption(plain(str(error)))
        return
    st.markdown(plain(found.sentence()))
    st.altair_chart(reliability_chart(found.bins), width="stretch")
    st.caption(
        "A point per tenth of the probabilities, out of fold. On the dashed line what is said is what is true. Fitted "
        f"by {'isotonic regression' if found.method == 'isotonic' else 'a logistic curve (Platt)'}."
    )
    for promise in found.promises:
        st.markdown(plain(promise.sentence()))
    if pairs.unread_first:
        st.caption(f"The first passage of {pairs.unread_first:,} queries is ungraded: those are not counted.")
    if found.promises and not space.why_only_read():
        _offer(space, view.ready, system, found, pairs)


@st.cache_data(max_entries=20, show_spinner=False)
def _calibrated(stamp: tuple[object, ...], _pairs: ScoredPairs, system: str) -> Calibrated:
    return calibrate(_pairs, system)


def _offer(space: Workspace, experiment: Experiment, system: System, found: Calibrated, pairs: ScoredPairs) -> None:
    names = {one.wanted: f"{share(one.wanted)} right" for one in found.promises}
    with st.form("keep-floor", border=False, width=620):
        st.selectbox("Say nothing below the score for", list(names), 0, names.get, key=state.MEANT_FOR)
        st.text_input("Name of the system", key=state.MEANT_NAME, max_chars=80, placeholder="for example: sure")
        st.form_submit_button("Keep the floor", on_click=_keep, args=(space, experiment, system, found, pairs))
    said = state.pop(state.MEANT_SAID)
    if said is not None:
        kept, text = said
        (st.success if kept else st.error)(plain(text))


@failures.told
def _keep(space: Workspace, experiment: Experiment, system: System, found: Calibrated, pairs: ScoredPairs) -> None:
    name, wanted = str(state.take(state.MEANT_NAME) or "").strip(), state.take(state.MEANT_FOR)
    promise = next((one for one in found.promises if one.wanted == wanted), found.promises[0])
    try:
        kept = add_composite(space, name, Floor(system.id, promise.floor))
    except RerankLensError as error:
        state.put(state.MEANT_SAID, (False, str(error)))
        return
    with space.write() as db:
        put_tuned(db, kept, pairs.queries, {"sentence": promise.sentence(), "dataset": experiment.dataset.name})
    state.put(state.MEANT_SAID, (True, f"Kept as '{kept}'. Choose it in the sidebar of any page."))
