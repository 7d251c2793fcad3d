"""Connect a search engine: its address, its indexes, the fields, three hits, and only then a dataset."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.ui import failures, roles, state, work
from pages.ui.datasets import connect_fields, connected
from pages.ui.datasets.dropping import own_job
from rerank_core.corpus.formats.record import as_name
from rerank_core.errors import SettingsError
from rerank_core.experiment.connected import connect_dataset
from rerank_core.experiment.job_requests import LookRequest
from rerank_core.retrieval.engines.source import HTTP, EngineSource, Fields
from rerank_core.retrieval.engines.template import Template
from rerank_core.store.jobs import Job
from rerank_core.store.workspace import Workspace
from rerank_core.types import Query

_NAME, _QUERIES = "connect_name", "connect_queries"


def search_engines(space: Workspace) -> None:
    """The steps to a new connection; below, the connected datasets."""
    connected.say_connected()
    if roles.may_set_servers():
        _new(space)
    else:
        st.info("Search engines are connected by an administrator: an address is asked from the app's own machine.")
    connected.datasets_elsewhere(space)


def _new(space: Workspace) -> None:
    st.caption(
        "Passages stay where they are; those that are found are kept here. Nothing is saved before you saw hits."
    )
    source = connect_fields.address(space)
    if source is None:
        return
    st.button("See what is there", on_click=_look, args=(space, LookRequest(source=source.to_dict())))
    job = work.finished(space, own_job(space, state.LOOK_JOB), "Nothing was connected.")
    if job is None:
        return
    asked = EngineSource.from_dict(LookRequest.from_json(job.params).source)
    # where nobody says where the hits are, a look finds it
    there = replace(asked, index="", fields=Fields(), hits=asked.hits if source.hits else "")
    if there != replace(source, index="", fields=Fields()):
        st.caption("The address changed. See what is there first.")
        return
    _index(space, source, job)


def _index(space: Workspace, source: EngineSource, job: Job) -> None:
    """Choose an index; then its fields, the question, and the hits. Each look has fields of its own."""
    found, before = job.result, LookRequest.from_json(job.params)
    looked_at = EngineSource.from_dict(before.source).index
    names = list(found["indexes"])
    index = looked_at
    if names:
        index = st.selectbox(
            "Index, collection or table",
            names,
            index=names.index(looked_at) if looked_at in names else None,
            placeholder="choose one",
            key="connect_index",
        )
        if index is None:
            return
        if index != looked_at:
            chosen = LookRequest(source=replace(source, index=index).to_dict())
            st.button("See its fields", on_click=_look, args=(space, chosen))
            return
    guess = EngineSource.from_dict(found["source"])
    fields = connect_fields.fields(guess, found["columns"])
    source = replace(source, index=index or "", fields=fields, hits=source.hits or guess.hits)
    templates = connect_fields.templates(found["templates"], job.id)
    question = st.text_input(
        "A question to try",
        value=before.question,
        key=f"connect_question_{job.id}",
        placeholder="what people search for",
    )
    said = bool(source.fields.docid and source.fields.text)
    if not said:
        st.info("Say which field is the id and which the text.")
    if not said and (source.engine != HTTP or not templates):
        return
    recall = connect_fields.offers_recall(source, templates) and st.checkbox(
        "Also measure what the vector index misses",
        key="connect_recall",
        help="Asks the question once more without the index: the engine reads the whole table for each template.",
    )
    request = LookRequest(
        source=source.to_dict(),
        templates=tuple(one.to_dict() for one in templates),
        question=question.strip(),
        recall=bool(recall),
    )
    st.button("Show three hits", on_click=_look, args=(space, request), disabled=not question.strip())
    if found["hits"] or found["problems"]:
        connect_fields.hits(found)
    if not found["hits"] or not said:
        return
    # what was rewritten since was not tried
    tried = [one for one in templates if one.name in found["hits"] and one.to_dict() in found["templates"]]
    if found["source"] != source.to_dict() or len(tried) < len(found["hits"]):
        st.info("Something changed since these hits. Show three hits again, then connect.")
    else:
        _save(space, source, tried)


def _save(space: Workspace, source: EngineSource, templates: list[Template]) -> None:
    st.text_input("Name of the dataset", value=source.index, key=_NAME)
    st.text_area("Queries, one per line", key=_QUERIES, placeholder="more can be added later")
    st.button("Connect", type="primary", on_click=_connect, args=(space, source, templates))


@failures.told
def _look(space: Workspace, request: LookRequest) -> None:
    if not roles.may_set_servers():
        raise SettingsError("Search engines are connected by an administrator.")
    # a field that is not shown while the worker looks would be emptied
    state.put(_QUERIES, state.take(_QUERIES) or "")
    state.put(state.LOOK_JOB, work.put_job(space, request, urgent=True).id)


@failures.told
def _connect(space: Workspace, source: EngineSource, templates: list[Template]) -> None:
    if not roles.may_set_servers():
        raise SettingsError("Search engines are connected by an administrator.")
    # read at the click: arguments are older than what somebody typed just before it
    name, queries = state.take(_NAME), state.take(_QUERIES)
    texts = dict.fromkeys(line.strip() for line in queries.splitlines() if line.strip())
    made = [Query(f"q{number}", text) for number, text in enumerate(texts, start=1)]
    row = connect_dataset(space, as_name(name, "dataset name"), source, templates, made)
    state.pop(state.LOOK_JOB)
    state.pop(_QUERIES)
    state.put(state.CONNECTED, row.name)
