"""A place to drop files on, for any page: what was dropped is looked at on Data, and imported from there."""

from __future__ import annotations

import streamlit as st

from pages.ui import state
from pages.ui.datasets.uploads import Upload, save
from pages.ui.doors import go
from pages.ui.markdown import plain
from rerank_core.errors import NotFoundError, RerankLensError
from rerank_core.store import jobs
from rerank_core.store.jobs import Job
from rerank_core.store.uploads import discard_upload
from rerank_core.store.workspace import Workspace

IMPORT = "import"
"""The form that takes what was dropped on other pages."""
LABEL = "Drop your passages, queries and grades here"
HELP = (
    "CSV, TSV, JSONL, Parquet, .txt, .md, TREC files. You see what each file was taken for before anything is imported."
)


def drop_zone(space: Workspace) -> None:
    """A field for files; as soon as some are there, the page Data opens and shows what they were taken for."""
    files = st.file_uploader(LABEL, accept_multiple_files=True, key="dropped", help=HELP)
    if not files:
        return
    try:
        keep(space, IMPORT, save(space, files))
    except RerankLensError as error:
        st.error(plain(str(error)))
        return
    go("Data")


def kept(key: str) -> Upload | None:
    """The upload that a form of the page Data looks at, as long as it lies there; `key`: the form's own."""
    upload: Upload | None = (state.take(state.UPLOADS) or {}).get(key)
    return upload if upload is not None and upload.source.exists() else None


def keep(space: Workspace, key: str, upload: Upload | None) -> None:
    """Make this upload the one that a form looks at, and remove the one before; None: there is none any more."""
    uploads: dict[str, Upload] = dict(state.take(state.UPLOADS) or {})
    before = uploads.pop(key, None)
    if before is not None:
        discard_upload(space, before.source)
    state.put(state.UPLOADS, {**uploads, key: upload} if upload is not None else uploads)


def own_job(space: Workspace, key: str) -> Job | None:
    """The job that a form of the page Data started, by the key of its state; None: none, or gone with its dataset."""
    job_id = state.take(key)
    if job_id is None:
        return None
    try:
        with space.open() as db:
            return jobs.get(db, job_id)
    except NotFoundError:
        state.pop(key)
        return None
