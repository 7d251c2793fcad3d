"""What can be done with a dataset that is here: another name, an export, its removal with all that belongs to it."""

from __future__ import annotations

import streamlit as st

from pages.ui import address, state
from pages.ui.markdown import plain
from rerank_core.corpus.keeping import STAYS, Belongings, belongings, delete_dataset, rename_dataset
from rerank_core.errors import RerankLensError
from rerank_core.evaluation.numbers import counted
from rerank_core.reports.dataset_export import packed_dataset
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from rerank_core.text import shortened
from rerank_core.views.file_size import file_size


def offer(space: Workspace, row: DatasetRow) -> None:
    """Rename, export and delete, for one dataset."""
    rename, export, delete = st.columns(3)
    with rename, st.popover("Rename", icon=":material/edit:", width="stretch"):
        _offer_rename(space, row)
    export.download_button(
        "Export as zip",
        lambda: packed_dataset(space, row.name),
        f"{_file_name(row.name)}.zip",
        "application/zip",
        key=f"export{row.id}",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
        help="Passages, queries, the scale and every grade with its history. The zip can be imported again here.",
    )
    with delete, st.popover("Delete…", icon=":material/delete:", width="stretch"):
        _offer_delete(space, row)


def say_done() -> None:
    """What was done a moment ago, or why it was not; in a place of its own, so that nothing moves when it goes."""
    done, problem = state.pop(state.KEPT) or ("", "")
    with st.container():
        if problem:
            st.error(plain(problem))
        elif done:
            st.success(plain(done))


def _offer_rename(space: Workspace, row: DatasetRow) -> None:
    key = f"rename{row.id}"
    st.text_input("New name", row.name, key=key)
    st.caption("Grades, rankings and plans stay. A link that was copied before still says the old name.")
    st.button("Rename it", key=f"{key}now", on_click=_rename, args=(space, row.name, key))


def _rename(space: Workspace, name: str, key: str) -> None:
    try:
        new = rename_dataset(space, name, str(state.take(key) or ""))
    except RerankLensError as error:
        state.put(state.KEPT, ("", f"Not renamed. {error}"))
        return
    address.follow_dataset(name, new)
    state.put(state.KEPT, (f"{name} is called {new} now.", ""))


def _offer_delete(space: Workspace, row: DatasetRow) -> None:
    try:
        goes = belongings(space, row.name)
    except RerankLensError as error:
        st.error(plain(str(error)))
        return
    st.markdown(f"**What goes:** {_goes(goes)}.")
    st.caption(f"{STAYS} Export it first if you may want it back.")
    key = f"delete{row.id}"
    st.text_input(f"Type {plain(row.name)} to delete it", key=key)
    sure = str(state.take(key) or "").strip() == row.name.strip()
    st.button("Delete it", key=f"{key}now", type="primary", disabled=not sure, on_click=_delete, args=(space, row.name))


def _goes(goes: Belongings) -> str:
    parts = [
        counted(goes.passages, "passage"),
        counted(goes.queries, "query", "queries"),
        f"{counted(goes.judgments, 'grade')} and undos by {counted(goes.judges, 'judge or file', 'judges or files')}",
        counted(goes.rankings, "ranking"),
        counted(goes.runs, "imported run"),
        counted(goes.votes, "vote"),
        f"{file_size(goes.index_bytes)} of indexes",
    ]
    return ", ".join(part for part in parts if not part.startswith("0 "))


def _delete(space: Workspace, name: str) -> None:
    try:
        went = delete_dataset(space, name, _refuse_to_wait)
    except RerankLensError as error:
        state.put(state.KEPT, ("", f"Not deleted. {error}"))
        return
    address.follow_dataset(name, None)
    state.put(state.KEPT, (f"{name} is deleted: {_goes(went)}.", ""))


def _refuse_to_wait(done: int, total: int, message: str = "") -> None:
    if message.startswith("waiting"):
        raise RerankLensError("An import runs now. Delete it when that has ended.")


def _file_name(name: str) -> str:
    return shortened("".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in name), 80) or "dataset"
