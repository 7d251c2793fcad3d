"""Long work on a page: asking the worker for it, showing where it stands, stopping it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.errors import WorkspaceError
from rerank_core.experiment import job_requests
from rerank_core.experiment.job_requests import CompareRequest, RecallRequest, Request, RunRequest
from rerank_core.experiment.one_query import Comparison
from rerank_core.store import jobs, rankings
from rerank_core.store.jobs import Job
from rerank_core.store.workspace import Workspace

SMALL_DATASET = 100  # up to so many queries, the whole set is ranked without asking


def make_comparison(space: Workspace, view: View, comparison: Comparison, changed: Callable[[], object]) -> None:
    """Have the missing columns made and show their progress; a stop or failure is shown, with a way to continue."""
    ready = view.ready
    if not set(ready.ids).intersection(comparison.waiting) or space.why_only_read():
        return
    request = CompareRequest.of(ready, comparison.query)
    job = latest(space, request)
    if job is None or job.state == "done":
        job = submit(space, request, urgent=True)
    if job.is_open:
        watch(space, [job.id], changed)
    else:
        _offer_again(space, job, request)


def rank_whole_set(space: Workspace, view: View, ranked: int) -> None:
    """Say over how many queries the means are; have the rest ranked, unasked in a small dataset, else on a click."""
    total = view.dataset.n_queries
    ready = view.ready
    wanted: list[Request] = [RunRequest.of(ready), RecallRequest.of(ready)]
    now = [latest(space, request) for request in wanted]
    if total <= SMALL_DATASET and ready.systems and not space.why_only_read():
        now = [job or submit(space, request) for request, job in zip(wanted, now, strict=True)]
    running = [job.id for job in now if job is not None and job.is_open]
    if running:
        watch(space, running, lambda: None, seconds=1.0)
    elif ranked < total:
        st.caption(f"{ranked:,} of {total:,} queries are ranked by all systems; the means are over the graded ones.")
        st.button("Rank all queries", on_click=_submit_all, args=(space, wanted))


def offer_second_try(space: Workspace, view: View, comparison: Comparison) -> None:
    """A button that has failed columns made again."""
    failed = [one for one in view.systems if (answer := comparison.answers.get(one.id)) and answer.ranking is None]
    if failed:
        named = plain(", ".join(system.label for system in failed))
        st.button(f"Try again: {named}", on_click=_forget, args=(space, [system.key for system in failed]))


def _forget(space: Workspace, systems: Sequence[str]) -> None:
    with space.write() as db:
        for system in systems:
            rankings.forget_failures(db, system)


def watch(space: Workspace, job_ids: Sequence[int], changed: Callable[[], object], seconds: float = 0.4) -> None:
    """Show open jobs with a bar and a stop button; run the page again when one ends, or when `changed()` differs."""
    before = changed()

    @st.fragment(run_every=seconds)
    def follow() -> None:
        try:
            with space.open() as db:
                now = [jobs.get(db, job_id) for job_id in job_ids]
        except WorkspaceError as error:  # it may be back the next time
            st.error(plain(str(error)))
            return
        for job in now:
            if job.is_open:
                _bar(space, job)
        if changed() != before or not all(job.is_open for job in now):
            st.rerun()

    follow()


def finished(space: Workspace, job_id: int | None, failed: str) -> Job | None:
    """The job once it is done; until then it is shown, and a stop or failure is shown behind `failed`. None: no job."""
    if job_id is None:
        return None
    with space.open() as db:
        job = jobs.get(db, job_id)
    if job.state == "done":
        return job
    if job.is_open:
        watch(space, [job.id], lambda: None)
    else:
        st.error(f"{failed} {plain(job.message)}")
    return None


def _bar(space: Workspace, job: Job) -> None:
    left, right = st.columns([9, 1], vertical_alignment="center")
    share = job.done / job.total if job.total else 0.0
    count = f"{job.done:,} of {job.total:,} · " if job.total else ""
    left.progress(min(share, 1.0), text=f"{count}{plain(job.message) or 'waiting for the worker'}")
    right.button("Stop", key=f"stop{job.id}", on_click=_stop, args=(space, job.id))


def _offer_again(space: Workspace, job: Job, request: Request) -> None:
    if job.state == "failed":
        st.error(plain(job.message))
    else:
        st.info("Stopped. Finished queries are kept.")
    st.button("Go on", key=f"again{job.id}", on_click=submit, args=(space, request, True))


def latest(space: Workspace, request: Request) -> Job | None:
    """The newest job of an equal request, in whatever state; None without one."""
    with space.open() as db:
        return job_requests.latest(db, request)


def submit(space: Workspace, request: Request, urgent: bool = False) -> Job:
    """Ask the worker for something; an open job of an equal request is joined.

    Stops the page, with the reason, where the workspace cannot be written.
    """
    try:
        with space.write() as db:
            return jobs.get(db, job_requests.submit(db, request, urgent))
    except WorkspaceError as error:
        st.error(plain(str(error)))
        st.stop()


def _submit_all(space: Workspace, wanted: Sequence[Request]) -> None:
    for request in wanted:
        submit(space, request)


def _stop(space: Workspace, job_id: int) -> None:
    with space.write() as db:
        jobs.cancel(db, job_id)
