"""Who said what, when: the whole history of a dataset's labels, by judge, kind and words, and as a file."""

from __future__ import annotations

import io

import streamlit as st

from pages.ui import state
from pages.ui.tables import harmless_table
from rerank_core.evaluation.numbers import count
from rerank_core.judging.history import Format, LabelEvent, label_events, write_labels
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from rerank_core.views.agreement import history_frame


def show(space: Workspace, dataset: DatasetRow) -> None:
    """The table, newest first, and the whole of it to take away."""
    events = label_events(space, dataset)
    if not events:
        st.info("This dataset has no grades yet.")
        return
    chosen = _chosen(events)
    frame = history_frame(chosen)
    st.dataframe(harmless_table(frame), hide_index=True, width="stretch", placeholder="–")
    st.caption(
        f"{count(len(chosen))} of {count(len(events))} events. Nothing is overwritten: an undo is an event of its own. "
        "Old and new: the grade of this judge before and after it."
    )
    left, right, _ = st.columns([1, 1, 3])
    left.download_button(
        "All as CSV", _file(events, "csv"), f"{dataset.name}-labels.csv", "text/csv", on_click="ignore"
    )
    right.download_button(
        "All as JSONL", _file(events, "jsonl"), f"{dataset.name}-labels.jsonl", "application/jsonl", on_click="ignore"
    )


def _chosen(events: list[LabelEvent]) -> list[LabelEvent]:
    columns = st.columns([2, 2, 2, 3])
    judges = columns[0].multiselect("Judge", sorted({event.judge for event in events}), key=state.HISTORY_JUDGES)
    kinds = columns[1].multiselect("What", sorted({event.kind for event in events}), key=state.HISTORY_KINDS)
    sources = columns[2].multiselect("Source", sorted({event.source for event in events}), key=state.HISTORY_SOURCES)
    words = columns[3].text_input("Search in query, passage and note", key=state.HISTORY_WORDS).casefold().strip()
    return [
        event
        for event in events
        if (not judges or event.judge in judges)
        and (not kinds or event.kind in kinds)
        and (not sources or event.source in sources)
        and words in f"{event.qid} {event.query} {event.docid} {event.note}".casefold()
    ]


def _file(events: list[LabelEvent], form: Format) -> str:
    out = io.StringIO()
    write_labels(events, out, form)
    return out.getvalue()
