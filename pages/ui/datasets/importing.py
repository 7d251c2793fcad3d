"""A new dataset: choose files, see what each was taken for, change it, import it, compare it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui import state, work
from pages.ui.datasets import choosing, fields, preview
from pages.ui.datasets import report as data_report
from pages.ui.datasets.dropping import IMPORT, own_job
from pages.ui.doors import go
from pages.ui.markdown import plain
from rerank_core.corpus.survey.choices import Choices
from rerank_core.corpus.survey.preview import Preview
from rerank_core.experiment.job_requests import ImportRequest
from rerank_core.store import datasets
from rerank_core.store.jobs import Job
from rerank_core.store.workspace import Workspace


def new_dataset(space: Workspace) -> None:
    """The files and what they were taken for, the name, the import; afterwards its report, and the way to compare."""
    job = own_job(space, state.IMPORT_JOB)
    done = work.finished(space, job, "Nothing was imported.")
    if done is not None:
        _imported(space, done)
        return
    if job is not None and job.is_open:  # the files are being read: they are not laid down again
        return
    st.caption("Nothing is imported before you have seen what each file was taken for.")
    chosen = choosing.choose(space, IMPORT)
    if chosen is not None:
        _offer(space, chosen)


def _imported(space: Workspace, job: Job) -> None:
    name = ImportRequest.from_json(job.params).name
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.success(f"{plain(name)} is imported.")
    if right.button("Compare it", type="primary", icon=":material/arrow_forward:", width="stretch"):
        go("Compare", {state.DATASET: name})
    data_report.show(job.result)
    st.button("Import another dataset", on_click=_again, args=(space,))


def _again(space: Workspace) -> None:
    state.pop(state.IMPORT_JOB)
    choosing.empty(space, IMPORT)


def _offer(space: Workspace, chosen: choosing.Chosen) -> None:
    st.subheader("What the files were taken for")
    for note in chosen.notes:
        st.warning(plain(note))
    found = preview.look(space, chosen.source)
    if found is None:
        return
    preview.show(chosen.source, found, IMPORT)
    reading = fields.cutting(IMPORT) if any(seen.kind in fields.CUT for seen in found.files) else {}
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    if state.take(state.IMPORT_NAME_FOR) != str(chosen.source):  # other files: another name to begin with
        state.put(state.IMPORT_NAME, _title(chosen, found))
        state.put(state.IMPORT_NAME_FOR, str(chosen.source))
    name = left.text_input("Name of the dataset", key=state.IMPORT_NAME, placeholder="support-2026").strip()
    problems = [*found.problems, *_name_problems(space, name)]
    for problem in problems:
        st.error(plain(problem))
    # in the page's own run, not before it: whether a path may still be named is asked above
    if right.button("Import", type="primary", disabled=bool(problems), width="stretch"):
        _import(space, name, chosen.source, found, reading)
        st.rerun()


def _title(chosen: choosing.Chosen, found: Preview) -> str:
    """A name to begin with: that of the first file of passages."""
    first = next((seen.name for seen in found.files if seen.part == "passages" and seen.name), "")
    title = choosing.title_of(first)
    return title if chosen.is_upload and title not in ("", "corpus") else chosen.title


def _name_problems(space: Workspace, name: str) -> list[str]:
    with space.open() as db:
        taken = {row.name for row in datasets.list_datasets(db)}
    if not name:
        return ["Give the dataset a name."]
    return [f"There is a dataset '{name}' already; choose another name."] if name in taken else []


def _import(space: Workspace, name: str, source: Path, found: Preview, reading: dict[str, Any]) -> None:
    agreed: Choices = found.agreed(preview.choices_of(source))
    options = {**reading, **preview.options(agreed)}
    job = work.submit(space, ImportRequest(name=name, path=str(source), options=options), urgent=True)
    state.put(state.IMPORT_JOB, job.id)
