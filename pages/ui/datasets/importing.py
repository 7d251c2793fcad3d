"""The forms of the page Data: a new dataset, more queries or grades for one that is here."""

from __future__ import annotations

import streamlit as st

from pages.ui import state, work
from pages.ui.datasets import fields, local_paths
from pages.ui.datasets import report as data_report
from pages.ui.datasets.uploads import save
from pages.ui.markdown import plain
from rerank_core.corpus.import_roots import named_path
from rerank_core.corpus.ingest import import_judgments, import_queries
from rerank_core.errors import RerankLensError, SettingsError
from rerank_core.experiment.job_requests import ImportRequest
from rerank_core.store import datasets
from rerank_core.store.uploads import discard_upload
from rerank_core.store.workspace import Workspace

ACCEPTED = (
    "A BEIR set (corpus.jsonl, queries.jsonl, qrels .tsv or .jsonl), a set from a hub or MS MARCO, passages as JSONL, "
    "CSV, TSV or Parquet, or .txt and .md files, which are cut into passages. What was not used is listed afterwards."
)
HELP = (
    "Queries: JSONL, Parquet, CSV, TSV, TREC topics, one per line. Grades: TREC qrels, BEIR .tsv, JSONL, Parquet, CSV."
)


def new_dataset(space: Workspace) -> None:
    """Upload files or name a path, watch the import, read its report."""
    st.caption(ACCEPTED)
    with st.form("import"):
        name = st.text_input("Name of the dataset", placeholder="support-2026")
        files = st.file_uploader("Files", accept_multiple_files=True)
        path = local_paths.field("/data/my-corpus", "import_path")
        typed = fields.reading("import")
        sent = st.form_submit_button("Import", type="primary")
    if sent:
        _send(space, name.strip(), files, path, typed)
    _watch_imports(space)


def _send(space: Workspace, name: str, files: list, path: str, typed: dict) -> None:
    problem = _problem(space, name, files, path)
    if problem:
        st.error(plain(problem))
        return
    try:
        options = fields.options(typed)
        source = save(space, files) if files else named_path(path)
    except SettingsError as error:
        st.error(plain(str(error)))
        return
    job = work.submit(space, ImportRequest(name=name, path=str(source), options=options))
    state.put(state.IMPORT_JOB, job.id)


def _problem(space: Workspace, name: str, files: list, path: str) -> str:
    with space.open() as db:
        taken = {row.name for row in datasets.list_datasets(db)}
    if not name:
        return "Give the dataset a name."
    if name in taken:
        return f"There is a dataset '{name}' already; choose another name."
    if not files and not path:
        return "Choose files, or name a path."
    return ""


def _watch_imports(space: Workspace) -> None:
    job = work.finished(space, state.take(state.IMPORT_JOB), "Nothing was imported.")
    if job is not None:
        st.success(f"'{plain(ImportRequest.from_json(job.params).name)}' is imported. Choose it on the page Compare.")
        data_report.show(job.result)


def additions(space: Workspace) -> None:
    """Queries (JSONL, TSV, TREC topics, one a line) or grades (TREC qrels, CSV) for a dataset that is here."""
    with space.open() as db:
        names = [row.name for row in datasets.list_datasets(db)]
    with st.form("additions", clear_on_submit=True):
        name = st.selectbox("Dataset", names)
        kind = st.radio("What is in the file", ["Queries", "Grades"], horizontal=True)
        file = st.file_uploader("File", help=HELP)
        sent = st.form_submit_button("Add")
    if not sent:
        return
    if name is None or file is None:
        st.error("Choose a dataset and a file.")
        return
    add = import_queries if kind == "Queries" else import_judgments
    source = save(space, [file])
    try:
        report = add(space, name, source)
    except RerankLensError as error:
        st.error(f"Nothing was added. {plain(str(error))}")
        return
    finally:
        discard_upload(space, source)
    st.success(f"Added to '{plain(name)}'.")
    data_report.show(report.to_dict())
