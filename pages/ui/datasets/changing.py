"""Changing the passages of a dataset that is here: first what would change, then, on a click, the change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import streamlit as st

from pages.ui import failures, state, work
from pages.ui.datasets import choosing, fields, preview
from pages.ui.datasets.dropping import own_job
from pages.ui.datasets.uploads import Uploaded, save
from pages.ui.markdown import plain
from rerank_core.corpus.changes import ChangeReport
from rerank_core.corpus.survey.choices import NO_CHOICES
from rerank_core.corpus.survey.preview import Preview
from rerank_core.experiment.job_requests import ChangeRequest
from rerank_core.store import datasets
from rerank_core.store.jobs import Job
from rerank_core.store.workspace import Workspace
from rerank_core.views.passage_changes import change_sentences

KEY = "change"


def passages(space: Workspace) -> None:
    """Files with passages to add or replace, ids to remove; then the change that was looked at last."""
    with space.open() as db:
        names = [row.name for row in datasets.list_datasets(db)]
    if not names:
        st.info("There is no dataset yet. Import one first.")
        return
    st.caption(
        "Passages keep their ids: those that are new are added, those that differ take the place of the old ones."
    )
    name = st.selectbox("Dataset", names, key="change_dataset")
    chosen = choosing.choose(space, KEY)
    found = _preview(space, chosen) if chosen is not None else None
    reading = fields.cutting(KEY) if found and any(seen.kind in fields.CUT for seen in found.files) else {}
    left, right = st.columns(2)
    typed = left.text_area("Ids of passages to remove, one per line")
    ids = right.file_uploader("…or a file with one id per line")
    problems = found.problems if found is not None else ()
    for problem in problems:
        st.error(plain(problem))
    if st.button("See what would change", disabled=bool(problems) or (chosen is not None and found is None)):
        source = chosen.source if chosen is not None else None
        agreed = found.agreed(preview.choices_of(source)) if found is not None and source is not None else NO_CHOICES
        request = ChangeRequest(name=name, options={**reading, **preview.options(agreed)}, preview=True)
        _look(space, request, source, (typed, ids))
    _watch(space)


def _preview(space: Workspace, chosen: choosing.Chosen) -> Preview | None:
    """What the chosen files were taken for; of a folder with queries and grades the passages alone are read."""
    for note in chosen.notes:
        st.warning(plain(note))
    found = preview.look(space, chosen.source)
    if found is not None:
        preview.show(chosen.source, found, KEY)
    return found


def _look(space: Workspace, request: ChangeRequest, source: Path | None, gone: tuple[str, Uploaded | None]) -> None:
    typed, ids = gone
    lines = [line for line in typed.splitlines() if line.strip()]
    state.pop(state.CHANGE_JOB)
    if source is None and not lines and ids is None:
        st.error("Choose files, name a path, or name ids to remove.")
        return
    wanted = replace(
        request,
        path=str(source) if source else None,
        remove=tuple(lines),
        remove_path=str(save(space, [ids]).source) if ids is not None else None,
    )
    state.put(state.CHANGE_JOB, work.submit(space, wanted, urgent=True).id)


def _watch(space: Workspace) -> None:
    job = work.finished(space, own_job(space, state.CHANGE_JOB), "Nothing was changed.")
    if job is None:
        return
    report = ChangeReport.from_dict(job.result)
    if report.preview:
        _offer(space, job, report)
    else:
        st.success(f"The passages of {plain(ChangeRequest.from_json(job.params).name)} are changed.")
        _say(report)


def _say(report: ChangeReport) -> None:
    counts = {"Added": report.added, "Replaced": report.replaced, "Unchanged": report.unchanged,
              "Removed": report.removed}  # fmt: skip
    for column, (label, count) in zip(st.columns(4), counts.items(), strict=True):
        column.metric(label, f"{count:,}")
    for line in change_sentences(report):
        st.markdown(f"- {plain(line)}")


def _offer(space: Workspace, job: Job, report: ChangeReport) -> None:
    """What would change, and the button that does it; what is removed needs a tick as well."""
    name = plain(ChangeRequest.from_json(job.params).name)
    st.subheader(f"What would change in '{name}'")
    _say(report)
    if not report.changes:
        return
    sure = not report.removed or st.checkbox(
        f"Yes, remove {report.removed:,} of {report.passages + report.removed - report.added:,} passages from '{name}'",
        key=f"sure{job.id}",
    )
    st.button("Change the passages", type="primary", disabled=not sure, on_click=_change, args=(space, job, report))


@failures.told
def _change(space: Workspace, job: Job, report: ChangeReport) -> None:
    request = ChangeRequest.from_json(job.params).in_earnest(report.fingerprint)
    state.put(state.CHANGE_JOB, work.put_job(space, request).id)
