"""The canary: whether the model behind a name is still the one that it was, and a way to look again."""

from __future__ import annotations

import shlex

import streamlit as st

from pages.ui import state, work
from pages.ui.markdown import plain
from pages.ui.tables import written_table
from rerank_core.evaluation.numbers import counted, figure
from rerank_core.experiment.job_requests import CanaryRequest
from rerank_core.monitoring.canary import CanaryCheck, last_check
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.traffic_canaries import Canary, Scores, list_canaries, list_checks
from rerank_core.store.workspace import Workspace
from rerank_core.systems.imported import IMPORTED
from rerank_core.systems.systems import FIRST_STAGE, System, all_systems
from rerank_core.views.traffic import looks_frame

_WHAT = (
    "Fifty pairs of a query and a passage are kept with the scores that a system gave them. Scored again later, they "
    "say whether the model behind its name is still the same: a service may change its model without a word, and a "
    "folder may be written over. A service is asked for all fifty each time."
)
_WHEN = (
    "Nothing looks by itself. For every night, have cron run the command line in this app's environment; it prints "
    "only where something changed:"
)


def show(space: Workspace, dataset: DatasetRow | None) -> None:
    """The canaries that are kept, the last look of each, and the button to look again; then a form for a new one."""
    st.caption(_WHAT)
    with space.open() as db:
        kept = [(canary, list_checks(db, canary)) for canary in list_canaries(db)]
    systems = {system.id: system for system in all_systems(space)}
    for canary, looks in kept:
        with st.container(border=True):
            _one(space, canary, looks, systems.get(canary.system), dataset)
    _new(space, systems, {canary.system for canary, _ in kept}, dataset)
    st.caption(_WHEN)
    names = [canary.system for canary, _ in kept] or ["SYSTEM"]
    st.code("\n".join(f"17 3 * * *  rerank-lens watch --canary {_in_cron(name)}" for name in names), language=None)


def _one(
    space: Workspace,
    canary: Canary,
    looks: list[tuple[str, Scores]],
    system: System | None,
    dataset: DatasetRow | None,
) -> None:
    st.markdown(f"##### {plain(system.label if system is not None else canary.system)}")
    made_of = canary.made_of if system is None or system.problem else system.made_of
    checked = last_check(canary, looks, made_of)
    if checked is None:
        st.info(f"Kept on {_minute(canary.at)} (UTC): {counted(len(canary.pairs), 'pair')}. Not scored again yet.")
    elif checked.has_changed:
        st.error(plain(checked.sentence()), icon=":material/warning:")
    else:
        st.success(plain(checked.sentence()), icon=":material/check:")
    if checked is not None:
        _looks(canary, looks, checked)
    if system is None:
        st.caption("This system is not in the workspace any more, so its canary cannot be scored.")
        return
    requests = {"Score again": CanaryRequest(system=canary.system)}
    if dataset is not None:
        requests[f"Keep new pairs, of {dataset.name}"] = CanaryRequest(system=canary.system, dataset=dataset.name)
    with st.container(horizontal=True):
        for label, request in requests.items():
            st.button(plain(label), key=f"{label} {canary.system}", on_click=work.ask, args=(space, request))
    for request in requests.values():
        _under_way(space, request)


def _looks(canary: Canary, looks: list[tuple[str, Scores]], checked: CanaryCheck) -> None:
    st.caption(
        f"Kept on {_minute(canary.at)}, last scored on {_minute(checked.looked)} (UTC); "
        f"{counted(len(canary.pairs), 'pair')}."
    )
    with st.expander(f"All looks ({len(looks):,})"):
        how = dict.fromkeys(("Largest difference", "Mean", "Same up to"), lambda value: figure(value, 5))
        st.dataframe(written_table(looks_frame(canary, looks), how), hide_index=True, width="stretch")


def _new(space: Workspace, systems: dict[str, System], known: set[str], dataset: DatasetRow | None) -> None:
    """A system that has none yet, and the button that makes one of the dataset's pairs."""
    if dataset is None:
        st.info("Import passages and queries on the page **Data** first: the pairs are taken from a dataset.")
        return
    free = [name for name, system in systems.items() if name not in known and _has_model(system)]
    if not free:
        return
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    name = left.selectbox("A canary for", free, format_func=lambda one: systems[one].label, key=state.TRAFFIC_CANARY)
    request = CanaryRequest(system=name, dataset=dataset.name)
    right.button(f"Keep pairs of {plain(dataset.name)}", on_click=work.ask, args=(space, request))
    _under_way(space, request)


def _has_model(system: System) -> bool:
    models = [leaf.model.family for leaf in system.leaves if leaf.id != FIRST_STAGE]
    return system.state.ready and bool(models) and IMPORTED not in models


def _under_way(space: Workspace, request: CanaryRequest) -> None:
    """The bar of the newest job of this request while it is open, and why it failed."""
    job = work.latest(space, request)
    if job is None:
        return
    if job.is_open:
        work.watch(space, [job.id], lambda: None)
    elif job.state == "failed":
        st.error(plain(job.message))


def _in_cron(name: str) -> str:
    """As one word of a shell, in a line of a crontab, where a percent sign ends the command."""
    return shlex.quote(name).replace("%", r"\%")


def _minute(at: str) -> str:
    return at[:16].replace("T", " ")
