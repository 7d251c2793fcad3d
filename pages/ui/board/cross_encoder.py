"""A real cross-encoder in one click, while only the bundled rerankers are ready. Nothing is fetched unasked."""

from __future__ import annotations

import streamlit as st

from pages.ui import roles, state, work
from pages.ui.markdown import plain
from rerank_core.experiment.job_requests import DownloadRequest
from rerank_core.rerankers.catalogue.model import readable_bytes
from rerank_core.store.workspace import Workspace
from rerank_core.systems.imported import IMPORTED
from rerank_core.systems.systems import ALWAYS_READY, System, all_systems

SMALL_ONES = ("ms-marco-tinybert-l2-v2", "ms-marco-minilm-l6-v2")
"""The ids of what is offered: small enough to wait for, and fast enough without a GPU."""

MAKER = "MS MARCO "
"""How the labels of both begin: left out on the buttons, which have to be short."""


def take_in(space: Workspace) -> None:
    """Put the model that somebody asked for into the view once it is there. To be called before the sidebar."""
    awaited, chosen = state.take(state.AWAITED), state.take(state.SYSTEMS)
    if awaited is None or chosen is None:  # who comes from another page gets it with the next run
        return
    job = work.latest(space, DownloadRequest(system=awaited))
    if job is not None and job.is_open:
        return
    state.pop(state.AWAITED)
    is_ready = any(one.id == awaited and one.state.ready for one in all_systems(space))
    if is_ready and awaited not in chosen:
        state.put(state.SYSTEMS, [*chosen, awaited])


def offer(space: Workspace) -> None:
    """The buttons that fetch one, or how far that is; nothing where it is not wanted, or not theirs to do."""
    if not roles.opens("Rerankers") or space.why_only_read():
        return
    systems = {system.id: system for system in all_systems(space)}
    jobs = {one: work.latest(space, DownloadRequest(system=one)) for one in SMALL_ONES if one in systems}
    running = [job.id for job in jobs.values() if job is not None and job.is_open]
    if running:
        work.watch(space, running, lambda: None)
        return
    if state.take(state.NO_OFFER) or any(map(_is_a_real_one, systems.values())):
        return
    failed = [(systems[one], job) for one, job in jobs.items() if job is not None and job.state == "failed"]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="cross-encoder"):
        st.caption("Add a cross-encoder:", width="content", help="Only the bundled rerankers are ready.")
        for one in jobs:
            if systems[one].state.kind == "needs-download":
                _button(space, systems[one])
        st.button("Not now", key="no-offer", type="tertiary", on_click=_close)
    for system, job in failed[-1:]:
        st.error(f"{plain(system.label)} was not fetched: {plain(job.message)}")


def _button(space: Workspace, system: System) -> None:
    size = system.model.download_bytes
    st.button(
        f"{plain(system.label.removeprefix(MAKER))}{f' · {readable_bytes(size)}' if size else ''}",
        key=f"fetch-{system.id}",
        icon=":material/download:",
        help="Fetched from Hugging Face onto this machine, then shown here as a column",
        on_click=_fetch,
        args=(space, system.id),
    )


def _fetch(space: Workspace, system: str) -> None:
    state.put(state.AWAITED, system)
    work.submit(space, DownloadRequest(system=system), urgent=True)


def _close() -> None:
    state.put(state.NO_OFFER, True)


def _is_a_real_one(system: System) -> bool:
    """Whether it is ready and has a model beyond the bundled ones; an imported run has none."""
    models = {leaf.id for leaf in system.leaves if leaf.model.family != IMPORTED}
    return bool(models - set(ALWAYS_READY)) and system.state.ready
