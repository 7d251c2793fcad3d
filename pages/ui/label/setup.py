"""How the list is made: for the engineer, out of the expert's way; one plan per dataset, for all its judges."""

from __future__ import annotations

import streamlit as st

from pages.ui import asked, roles, state
from pages.ui.label import scale as label_scale
from pages.ui.markdown import plain
from pages.ui.search.names import FUSION_NAMES, retriever_name
from rerank_core.errors import RerankLensError
from rerank_core.judging.plan import LabelPlan, save_plan
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import rankings
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import all_systems

ORDERS = {"pool": "Shuffled, query by query", "matters": "What matters most for the verdict between two systems"}


def switch() -> bool:
    """Whether somebody sets the list up: only then are systems named on this page."""
    if roles.current() == "judge":
        return False
    asked.check_switch(state.SETUP, "choice to set the list up")
    return st.sidebar.toggle(
        "For the organiser: choose passages",
        key=state.SETUP,
        bind="query-params",
        help="For the person who prepares the grading: which passages, in which order, on which scale.",
    )


def show(space: Workspace, dataset: DatasetRow, plan: LabelPlan) -> None:
    """The settings of the list and of the scale."""
    st.subheader("How this list is made")
    st.caption("The same for everybody who grades this dataset. Existing grades stay, whatever you choose here.")
    passages, scale = st.tabs(["Which passages", "The scale"])
    with passages:
        _plan(space, dataset, plan)
    with scale:
        label_scale.show(space, dataset)
    st.divider()


def _plan(space: Workspace, dataset: DatasetRow, plan: LabelPlan) -> None:
    labels = {system.key: (system.id, system.label) for system in all_systems(space)}
    with space.open() as db:
        made = rankings.ranked_by_settings(db, dataset.id)
    here = {
        settings: dict(labels[key] for key in counts if key in labels)
        for settings, counts in made.items()
        if labels.keys() & counts.keys()
    }
    if not here:
        st.info("Nothing is ranked yet. Open **Compare** first.")
        return
    known = [*dict.fromkeys([plan.settings_json, *here])] if plan.settings_json in here else list(here)
    settings = st.selectbox("Candidates found by", known, format_func=_described, key="label_settings")
    systems = here[settings]
    chosen = st.multiselect(
        "Systems whose first passages are graded",
        list(systems),
        [system for system in plan.systems if system in systems],
        format_func=systems.get,
        key=f"label_systems_{settings}",
    )
    left, right = st.columns(2)
    depth = left.number_input("Passages of each system", 1, 200, plan.depth, key="label_depth")
    overlap = right.slider(
        "Share that every judge grades (%)", 0, 100, round(100 * plan.overlap), 5, key="label_overlap",
        help="For the agreement between judges. The rest is graded once, by the first judge who comes to it.",
    )  # fmt: skip
    order = st.radio("Order", list(ORDERS), list(ORDERS).index(plan.order), ORDERS.get, key="label_order")
    compared, share = plan.compared, plan.random_share
    if order == "matters":
        compared, share = _matters(plan, {system: systems[system] for system in chosen})
    if st.button("Use this list", type="primary", key="label_save"):
        try:
            wanted = LabelPlan(tuple(chosen), settings, int(depth), overlap / 100, order, compared, share)
            save_plan(space, dataset, wanted)
        except RerankLensError as error:
            st.error(plain(str(error)))
            return
        st.rerun()


def _matters(plan: LabelPlan, systems: dict[str, str]) -> tuple[tuple[str, str] | None, float]:
    if len(systems) < 2:
        st.info("Choose at least two systems above.")
        return None, plan.random_share
    names = list(systems)
    before = [one for one in plan.compared or () if one in systems]
    first, second = before if len(before) == 2 else names[:2]
    left, middle, right = st.columns(3)
    one = left.selectbox("Compare", names, names.index(first), systems.get, key="label_one")
    other = middle.selectbox("with", names, names.index(second), systems.get, key="label_other")
    share = right.slider(
        "Drawn at random (%)", 0, 50, round(100 * plan.random_share), 5, key="label_random",
        help="Keeps the estimate honest, and makes the grades useful for other comparisons later.",
    )  # fmt: skip
    if one == other:
        st.info("Choose two different systems.")
        return None, share / 100
    return (one, other), share / 100


def _described(settings: str) -> str:
    chosen = RetrievalSettings.from_json(settings)
    how = [retriever_name(name) for name in chosen.retrievers]
    joined = f", {FUSION_NAMES[chosen.fusion]}" if len(how) > 1 else ""
    filtered = ", filtered" if chosen.filters else ""
    return f"{' + '.join(how)}{joined}, {chosen.depth} candidates{filtered}"
