"""Logs of traffic: choose files, see what each is taken for, read them; and which were read."""

from __future__ import annotations

import streamlit as st

from pages.ui import state
from pages.ui.datasets.uploads import Upload, save
from pages.ui.failures import told
from pages.ui.markdown import plain
from pages.ui.traffic.parts import ALERTS
from rerank_core.errors import RerankLensError
from rerank_core.monitoring.importing import import_log, kept_sentences
from rerank_core.monitoring.logs.any_json import Schema
from rerank_core.monitoring.logs.forms import ANY, IN_WORDS, guess_form
from rerank_core.store import traffic_clicks, traffic_requests
from rerank_core.store.uploads import discard_upload
from rerank_core.store.workspace import Workspace

HELP = (
    "Our server's request log, any JSON lines, OpenTelemetry spans (OpenInference, OTLP JSON), OpenSearch's "
    "ubi_queries and ubi_events as JSON lines, clicks as CSV (request, docid, time). Also .gz."
)


def show(space: Workspace) -> None:
    """The form, and the logs that are here."""
    _choose(space)
    _list(space)


def _choose(space: Workspace) -> None:
    number = int(state.take(state.TRAFFIC_ROUND) or 0)
    files = st.file_uploader("Logs", accept_multiple_files=True, key=f"logs {number}", help=HELP)
    if not files:
        return
    upload = _laid_down(space, files)
    if upload is None:
        return
    schemas: dict[str, str] = {}
    for name in upload.names:
        path = upload.source if upload.source.is_file() else upload.source / name
        try:
            form, schema = guess_form(path)
        except RerankLensError as error:
            st.warning(plain(f"{name}: {error}"))
            continue
        st.markdown(f"**{plain(name)}** is read as {IN_WORDS[form]}.")
        if form == ANY and schema is not None:
            schemas[name] = st.text_area(
                f"Where what stands in {plain(name)}",
                schema.to_json(),
                key=f"schema {number} {name}",
                height=220,
                help="Names of fields, with dots into objects. An empty text: the log has no such thing.",
            )
    st.button("Read these logs", type="primary", on_click=_read, args=(space, upload, schemas))


def _laid_down(space: Workspace, files: list) -> Upload | None:  # type: ignore[type-arg]
    """The files on the disk; written once for as long as the same ones are chosen."""
    ids = tuple(file.file_id for file in files)
    before, upload = state.take(state.TRAFFIC_UPLOAD) or ((), None)
    if before == ids and upload is not None and upload.source.exists():
        return upload  # type: ignore[no-any-return]
    if upload is not None:
        discard_upload(space, upload.source)
    try:
        upload = save(space, files)
    except RerankLensError as error:
        st.error(plain(str(error)))
        return None
    state.put(state.TRAFFIC_UPLOAD, (ids, upload))
    return upload


@told
def _read(space: Workspace, upload: Upload, schemas: dict[str, str]) -> None:
    said: list[tuple[str, str]] = []
    with space.open() as db:
        is_first = not traffic_requests.count_requests(db)
    for name in upload.names:
        path = upload.source if upload.source.is_file() else upload.source / name
        try:
            schema = Schema.from_json(schemas[name], name) if name in schemas else None
            report = import_log(space, path, ANY if schema else None, schema, name)
            said.append(("done", " ".join(report.sentences())))
            if is_first and report.new_requests:  # what the first log is read for
                state.put(state.TRAFFIC_PART, ALERTS)
        except RerankLensError as error:
            said.append(("error", str(error).replace(str(path), name)))
    discard_upload(space, upload.source)
    state.put(state.TRAFFIC_SAID, said)
    state.pop(state.TRAFFIC_UPLOAD)
    state.put(state.TRAFFIC_ROUND, int(state.take(state.TRAFFIC_ROUND) or 0) + 1)


def _list(space: Workspace) -> None:
    with space.open() as db:
        logs = traffic_requests.list_logs(db)
        clicks, met = traffic_clicks.count_clicks(db)
    if not logs:
        st.info("No log was read yet. Choose files above, or name them on the command line: `rerank-lens watch LOG`.")
        return
    st.subheader("Logs that were read")
    if clicks:
        st.caption(f"{met:,} of {clicks:,} clicks belong to a request that is here.")
    for log in logs:
        left, right = st.columns([6, 1], vertical_alignment="center")
        left.markdown(plain(" ".join(kept_sentences(log))))
        right.button("Forget", key=f"forget {log.id}", on_click=_forget, args=(space, log.id),
                     help="Remove the requests and clicks that came with this log.")  # fmt: skip


@told
def _forget(space: Workspace, log_id: int) -> None:
    with space.write() as db:
        traffic_requests.drop_log(db, log_id)
