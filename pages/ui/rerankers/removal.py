"""Taking something that was added off its list again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import streamlit as st
from sqlite_utils import Database

from pages.ui import failures, state
from rerank_core.store.trained_folders import delete_trained
from rerank_core.store.workspace import Workspace


def offer(
    space: Workspace,
    label: str,
    added: Sequence[str],
    keys: tuple[str, str],
    said: str,
    drop: Callable[[Database, str], None],
    left: Callable[[Database, str], Path | None] = lambda db, name: None,
    names: Mapping[str, str] | None = None,
) -> None:
    """A menu of what was added, with its button; nothing where there is none.

    `keys`: of the menu and of the button. `said`: the key of what came of the last click, which is then taken back.
    `drop`: takes (db, name). `left`: the folder of a model that was trained here, which nothing would use any more.
    `names`: for people.
    """
    if not added:
        return
    wide, narrow = st.columns([5, 1], vertical_alignment="bottom")
    chosen = wide.selectbox(label, added, key=keys[0], format_func=lambda one: (names or {}).get(one, one))
    with space.open() as db:
        folder = left(db, chosen)
    if folder is not None and not st.checkbox(
        f"Delete the trained model too: {folder.name}",
        key=f"{keys[1]}-folder",
        help="Nothing else uses it. Rankings and reports stay. A backup that lies beside this workspace loses it too.",
    ):
        folder = None
    narrow.button("Remove", key=keys[1], on_click=_drop, args=(space, said, drop, chosen, folder))


@failures.told
def _drop(space: Workspace, said: str, drop: Callable[[Database, str], None], name: str, folder: Path | None) -> None:
    state.pop(said)
    with space.write() as db:
        drop(db, name)
    if folder is not None:
        delete_trained(space.path, folder)
