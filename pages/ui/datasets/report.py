"""What an import found, as a page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.ui.datasets import keeping
from pages.ui.markdown import plain
from rerank_core.corpus.report import ImportReport
from rerank_core.evaluation.numbers import counted
from rerank_core.experiment.dataset_language import dense_note, found_language, how_words_are_read
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.uploads import shown_source
from rerank_core.store.workspace import Workspace
from rerank_core.views.import_report import findings, length_chart


def reports(space: Workspace) -> None:
    """Each dataset that is here: what can be done with it, and its report."""
    keeping.say_done()
    with space.open() as db:
        rows = datasets.list_datasets(db)
    for row in rows:
        counts = f"{counted(row.n_docs, 'passage')}, {counted(row.n_queries, 'query', 'queries')}"
        with st.expander(f"{plain(row.name)}: {counts}", expanded=len(rows) == 1):
            st.caption(f"From {plain(shown_source(space, row.source)) or 'uploaded files'}, {row.created_at[:10]}.")
            keeping.offer(space, row)
            show(row.report)
            _language(space, row)


def _language(space: Workspace, row: DatasetRow) -> None:
    """The language that was found, and where the dense model that comes along is none for it."""
    code, settings = found_language(space, row), RetrievalSettings()
    st.caption(how_words_are_read(code, settings))
    if note := dense_note(code, settings):
        st.warning(note)


def show(raw: Mapping[str, Any]) -> None:
    """The counts, what is odd about the data, and how long the passages are."""
    report = ImportReport.from_dict(raw)
    counts = {
        "Passages": report.passages,
        "Queries": report.queries,
        "Grades": report.judgments,
        "Over 512 tokens": report.over_512,
    }
    for column, (label, count) in zip(st.columns(4), counts.items(), strict=True):
        column.metric(label, f"{count:,}")
    for line in findings(report):
        st.markdown(f"- {plain(line)}")
    if report.words:
        st.altair_chart(length_chart(report), width="stretch")
