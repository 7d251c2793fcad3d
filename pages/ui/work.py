"""Long work on a page: asking the worker for it, showing where it stands, stopping it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from pages.ui import failures
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.errors import WorkspaceError
from rerank_core.experiment import job_requests, waiting
from rerank_core.experiment.job_requests import CompareRequest, RecallRequest, Request, RunRequest
from rerank_core.experiment.one_query import Comparison
from rerank_core.store import jobs, judgments, rankings
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.jobs import Job
from rerank_core.store.workspace import Workspace

SMALL_DATASET = 100  # up to so many queries, the whole set is ranked without asking


def make_comparison(space: Workspace, view: View, comparison: Comparison, changed: Callable[[], object]) -> bool:
    """Have the missing columns made and show how far that is; a stop or failure is shown, with a way to continue.

    Its Stop ends the ranking of the whole set too. Returns whether it is under way: then a page shows no second bar.
    """
    ready = view.ready
    if not set(ready.ids).intersection(comparison.waiting) or space.why_only_read():
        return False
    request = CompareRequest.of(ready, comparison.query)
    job = latest(space, request)
    if job is None or job.state == "done":
        job = _unasked(space, request, urgent=True)
    if job is None:
        return False
    if job.is_open:
        watch(space, [job.id], changed, also_stops=_whole_set(view))
    else:
        _offer_again(space, job, request)
    return job.is_open


def rank_whole_set(space: Workspace, view: View, ranked: int, other_bar: bool = False) -> None:
    """Say over how many queries the means are; have the rest ranked, unasked in a small dataset, else on a click.

    `other_bar`: the page shows one already, so that this work goes on unseen.
    """
    total = view.dataset.n_queries
    wanted = _whole_set(view)
    now = [latest(space, request) for request in wanted]
    if total <= SMALL_DATASET and view.ready.systems and not space.why_only_read():
        now = [job or _unasked(space, request) for request, job in zip(wanted, now, strict=True)]
    running = [job.id for job in now if job is not None and job.is_open]
    if running and not other_bar:
        watch(space, running, lambda: None, seconds=1.0)
    elif not running and ranked < total:
        st.caption(f"{ranked:,} of {total:,} queries are ranked by all systems; the means are over the graded ones.")
        st.button("Rank all queries", on_click=_submit_all, args=(space, wanted))


def _whole_set(view: View) -> list[Request]:
    if view.experiment.settings.is_elsewhere:
        # somebody's engine is not asked at eight depths that nobody clicked for
        return [RunRequest.of(view.ready)]
    return [RunRequest.of(view.ready), RecallRequest.of(view.ready)]


def offer_second_try(space: Workspace, view: View, comparison: Comparison) -> None:
    """A button that has failed columns made again."""
    failed = [one for one in view.systems if (answer := comparison.answers.get(one.id)) and answer.ranking is None]
    if failed:
        named = plain(", ".join(system.label for system in failed))
        st.button(f"Try again: {named}", on_click=_forget, args=(space, [system.key for system in failed]))


@failures.told
def _forget(space: Workspace, systems: Sequence[str]) -> None:
    with space.write() as db:
        for system in systems:
            rankings.forget_failures(db, system)


def watch(
    space: Workspace,
    job_ids: Sequence[int],
    changed: Callable[[], object],
    seconds: float = 0.4,
    also_stops: Sequence[Request] = (),
) -> None:
    """Show open jobs as one: a bar with the time left, or what they wait for, and one button that stops them.

    Runs the page again when one ends, or when `changed()` differs. `also_stops`: requests whose jobs end with them.
    """
    before = changed()

    @st.fragment(run_every=seconds)
    def follow() -> None:
        failures.show()
        try:
            with space.open() as db:
                now = [jobs.get(db, job_id) for job_id in job_ids]
                everything = jobs.open_jobs(db)
        except WorkspaceError as error:  # it may be back the next time
            st.error(plain(str(error)))
            return
        shown = [job for job in now if job.is_open]
        if shown:
            _line(space, next(filter(waiting.is_working, shown), shown[0]), everything, job_ids, also_stops)
        if changed() != before or len(shown) < len(now):
            st.rerun()

    follow()


def finished(space: Workspace, job: Job | None, failed: str) -> Job | None:
    """The job once it is done; until then it is shown, and a stop or failure is shown behind `failed`. None: no job.

    `job` as the page read it, once for its whole run: between two readings it may end.
    """
    if job is None or job.state == "done":
        return job
    if job.is_open:
        watch(space, [job.id], lambda: None)
    else:
        st.error(f"{failed} {plain(job.message)}")
    return None


def is_behind_grades(space: Workspace, dataset: DatasetRow, found: Mapping[str, Any]) -> bool:
    """Whether grades came since a job's result was made; one that does not say which it knew counts as up to date."""
    with space.open() as db:
        newest = judgments.last_event(db, dataset.id)
    return bool(found.get("grades", newest) != newest)


def _line(
    space: Workspace, job: Job, everything: Sequence[Job], job_ids: Sequence[int], also_stops: Sequence[Request]
) -> None:
    left, right = st.columns([9, 1], vertical_alignment="center")
    text = plain(waiting.sentence(job, everything))
    if waiting.is_working(job):
        left.progress(min(job.done / job.total, 1.0) if job.total else 0.0, text=text)
    else:
        left.markdown(f":material/hourglass_empty: {text}")
    right.button("Stop", key=f"stop{job_ids[0]}", on_click=_stop, args=(space, job_ids, also_stops))


def _offer_again(space: Workspace, job: Job, request: Request) -> None:
    if job.state == "failed":
        st.error(plain(job.message))
    else:
        st.info("Stopped. Finished queries are kept.")
    st.button("Go on", key=f"again{job.id}", on_click=ask, args=(space, request, True))


def latest(space: Workspace, request: Request) -> Job | None:
    """The newest job of an equal request, in whatever state; None without one."""
    with space.open() as db:
        return job_requests.latest(db, request)


@failures.told
def ask(space: Workspace, request: Request, urgent: bool = False) -> None:
    """`submit` for a button."""
    put_job(space, request, urgent)


def submit(space: Workspace, request: Request, urgent: bool = False) -> Job:
    """Ask the worker for something; an open job of an equal request is joined.

    Stops the page, with the reason, where the workspace cannot be written.
    """
    try:
        return put_job(space, request, urgent)
    except WorkspaceError as error:
        failures.in_words(error)
        st.stop()


def _unasked(space: Workspace, request: Request, urgent: bool = False) -> Job | None:
    """`submit` for what nobody clicked for. None: it cannot be asked for now, which is said, and the page goes on."""
    try:
        return put_job(space, request, urgent)
    except WorkspaceError as error:
        failures.in_words(error)
        return None


def put_job(space: Workspace, request: Request, urgent: bool = False) -> Job:
    """`submit` for callbacks that are `failures.told`: raises WorkspaceError."""
    with space.write() as db:
        return jobs.get(db, job_requests.submit(db, request, urgent))


@failures.told
def _submit_all(space: Workspace, wanted: Sequence[Request]) -> None:
    for request in wanted:
        put_job(space, request)


@failures.told
def _stop(space: Workspace, job_ids: Sequence[int], also: Sequence[Request]) -> None:
    with space.write() as db:
        others = [job.id for request in also if (job := job_requests.latest(db, request)) and job.is_open]
        for job_id in (*job_ids, *others):
            jobs.cancel(db, job_id)
