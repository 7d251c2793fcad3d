"""Taking something that was added off its list again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from sqlite_utils import Database

from pages.ui import failures, state
from rerank_core.store.workspace import Workspace


def offer(
    space: Workspace,
    label: str,
    added: Sequence[str],
    keys: tuple[str, str],
    said: str,
    drop: Callable[[Database, str], None],
) -> None:
    """A menu of what was added, with its button; nothing where there is none.

    `keys`: of the menu and of the button. `said`: the key of what came of the last click, which is then taken back.
    `drop`: takes (db, name).
    """
    if not added:
        return
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    chosen = left.selectbox(label, added, key=keys[0])
    right.button("Remove", key=keys[1], on_click=_drop, args=(space, said, drop, chosen))


@failures.told
def _drop(space: Workspace, said: str, drop: Callable[[Database, str], None], name: str) -> None:
    state.pop(said)
    with space.write() as db:
        drop(db, name)
