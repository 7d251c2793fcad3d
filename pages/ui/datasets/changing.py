"""Changing the passages of a dataset that is here: first what would change, then, on a click, the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from pages.ui import state, work
from pages.ui.datasets import fields, local_paths
from pages.ui.datasets.uploads import Uploaded, save
from pages.ui.markdown import plain
from rerank_core.corpus.changes import ChangeReport
from rerank_core.corpus.import_roots import named_path
from rerank_core.errors import SettingsError
from rerank_core.experiment.job_requests import ChangeRequest
from rerank_core.store import datasets
from rerank_core.store.jobs import Job
from rerank_core.store.workspace import Workspace
from rerank_core.views.passage_changes import change_sentences


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
    with st.form("change"):
        name = st.selectbox("Dataset", names, key="change_dataset")
        files = st.file_uploader("Passages to add or replace", accept_multiple_files=True)
        path = local_paths.field("/data/changed.jsonl", "change_path")
        left, right = st.columns(2)
        typed = left.text_area("Ids of passages to remove, one per line")
        ids = right.file_uploader("…or a file with one id per line")
        reading = fields.reading("change")
        sent = st.form_submit_button("See what would change")
    if sent:
        try:
            _look(
                space,
                ChangeRequest(name=name, options=fields.options(reading), preview=True),
                files,
                path,
                (typed, ids),
            )
        except SettingsError as error:
            st.error(plain(str(error)))
    _watch(space)


def _look(
    space: Workspace,
    request: ChangeRequest,
    files: Sequence[Uploaded],
    path: str,
    gone: tuple[str, Uploaded | None],
) -> None:
    typed, ids = gone
    lines = [line for line in typed.splitlines() if line.strip()]
    state.pop(state.CHANGE_JOB)
    if not files and not path and not lines and ids is None:
        st.error("Choose files, name a path, or name ids to remove.")
    else:
        source = save(space, files) if files else named_path(path) if path else None
        wanted = replace(
            request,
            path=str(source) if source else None,
            remove=tuple(lines),
            remove_path=str(save(space, [ids])) if ids is not None else None,
        )
        state.put(state.CHANGE_JOB, work.submit(space, wanted).id)


def _watch(space: Workspace) -> None:
    job = work.finished(space, state.take(state.CHANGE_JOB), "Nothing was changed.")
    if job is None:
        return
    report = ChangeReport.from_dict(job.result)
    if report.preview:
        _offer(space, job, report)
    else:
        st.success(f"The passages of '{plain(ChangeRequest.from_json(job.params).name)}' are changed.")
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


def _change(space: Workspace, job: Job, report: ChangeReport) -> None:
    request = ChangeRequest.from_json(job.params).in_earnest(report.fingerprint)
    state.put(state.CHANGE_JOB, work.submit(space, request).id)
