"""The Label page: whose list, over which passages, and the way of each grade into the workspace and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from pages.ui import address, cache, menu, sidebar, state, work
from pages.ui.doors import page_link
from pages.ui.label.answer import Goal, Sent, Wish, answer
from pages.ui.label.label import label, read_outbox, read_wish, sync
from pages.ui.label.page_data import LabelData, Link
from pages.ui.markdown import plain
from pages.ui.outbox import commit, side_route
from pages.ui.outbox.events import GradeEvent
from pages.ui.outbox.writer import Writer
from rerank_core.errors import RerankLensError, WorkspaceError
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import RunRequest
from rerank_core.judging.deciding import Deciding
from rerank_core.judging.judge_queue import Labelling
from rerank_core.judging.plan import LabelPlan, load_plan, proposed_plan
from rerank_core.store import datasets, scales
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import ALWAYS_READY, all_systems

NOTHING = Wish()


def choose_dataset(space: Workspace) -> DatasetRow:
    """The dataset to grade in; stops the page where there is none, or nothing to ask in it."""
    with space.open() as db:
        rows = datasets.list_datasets(db)
    if not rows:
        st.info("This workspace has no passages yet.")
        page_link("Data", "Import a dataset", icon=":material/arrow_forward:")
        st.stop()
    dataset = sidebar.choose_dataset(rows)
    menu.follow()
    if not dataset.n_queries:
        st.info(f"{plain(dataset.name)} has passages, but no queries to grade them for.")
        page_link("Data", "Add queries", icon=":material/arrow_forward:")
        st.stop()
    return dataset


def choose_plan(space: Workspace, dataset: DatasetRow) -> LabelPlan:
    """What is to be graded: as it was set, else all that is there; stops the page where nothing was found yet."""
    try:
        plan = load_plan(space, dataset) or proposed_plan(space, dataset)
    except RerankLensError as error:
        st.error(plain(str(error)))
        plan = proposed_plan(space, dataset)
    if plan is None:
        _find_passages(space, dataset)
        st.stop()
    return plan


def _find_passages(space: Workspace, dataset: DatasetRow) -> None:
    request = RunRequest.of(Experiment.of(space, dataset.name, ALWAYS_READY))
    st.title("Grade passages")
    name, count = plain(dataset.name), f"{dataset.n_queries:,} {'query' if dataset.n_queries == 1 else 'queries'}"
    st.markdown(f"There are no passages to grade yet. **{name}** has {count}.")
    job = work.latest(space, request)
    if job is not None and job.is_open:
        work.watch(space, [job.id], lambda: None, seconds=1.0)
        return
    if job is not None and job.state == "failed":
        st.error(plain(job.message))
    st.button("Find passages for all queries", type="primary", on_click=work.ask, args=(space, request))


def show_rank() -> bool:
    """Whether the judge wants to see how far up a passage stands."""
    return st.sidebar.toggle(
        "Show how high search ranked it (may sway you)",
        key=state.SHOW_RANK,
        help="The best rank of each passage in any system.",
    )


def open_labelling(dataset: DatasetRow, judge: str, plan: LabelPlan) -> Labelling:
    """The judge's list; where it cannot be made the page stops, with what to do."""
    try:
        return cache.labelling(dataset, judge, plan)
    except RerankLensError as error:
        st.error(plain(str(error)))
        st.markdown("Switch **For the organiser: choose passages** on, in the sidebar, and choose what to grade.")
        st.stop()


def desk(space: Workspace, dataset: DatasetRow, judge: str, plan: LabelPlan, ranks: bool, onwards: bool = True) -> None:
    """The part of the page that does not run again with a grade. `onwards`: with links to other pages at the end."""
    with space.open() as db:
        scale = scales.get_scale(db, dataset.id)
    query = urlencode(address.full_link(), doseq=True)
    data = LabelData(
        outbox_key=commit.outbox_key(dataset, judge),
        scale=scale,
        show_rank=ranks,
        grouped=plan.order == "pool",
        next=[]
        if not onwards
        else [Link("See what the grades say", f"Evaluate?{query}"), Link("Compare side by side", f"Compare?{query}")],
    )
    label(data, key=state.LABEL)


def deciding_desk(space: Workspace, dataset: DatasetRow, judge: str) -> None:
    """The same desk for passages that decide a verdict, in the order of what they are worth, within another page."""
    with space.open() as db:
        scale = scales.get_scale(db, dataset.id)
    label(LabelData(commit.outbox_key(dataset, judge), scale, grouped=False), key=state.DECIDING)


def compared_names(space: Workspace, plan: LabelPlan, setting_up: bool) -> tuple[str, str] | None:
    """What the two compared systems are called, for who sets the list up; None for a judge."""
    if plan.compared is None or not setting_up:
        return None
    labels = {system.id: system.label for system in all_systems(space)}
    one, other = plan.compared
    return labels.get(one, one), labels.get(other, other)


def grades(
    space: Workspace,
    dataset: DatasetRow,
    judge: str,
    labelling: Labelling | Deciding,
    sent: Sent,
    names: tuple[str, str] | None,
    writer: Writer,
    goal: Goal | None = None,
    key: str = state.LABEL,
) -> None:
    """Take what was graded, keep it, and say what comes next. To be called in a fragment. `key`: the desk's."""
    owner = commit.outbox_key(dataset, judge)

    def reply(events: Sequence[GradeEvent], wish: Wish = NOTHING) -> Mapping[str, Any]:
        # the last connection to close writes SQLite's log back: this one closes after the answer is made
        with space.open():
            receipt = commit.commit(space, events, writer)
            return answer(space, dataset, labelling, owner, receipt, sent, wish, names, goal).to_json()

    try:
        writer.check()
        down = reply(read_outbox(key), read_wish(key))
    except (WorkspaceError, PermissionError) as error:
        st.error(plain(str(error)))
        return
    sync(down, side_route.offer(key, owner, reply, writer), key=key)
