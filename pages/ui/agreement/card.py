"""What a card of the page Agreement is made of: the pair, the way through the cards, a button and a key a grade."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.ui import state
from pages.ui.markdown import plain
from rerank_core.store.datasets import DatasetRow
from rerank_core.types import Doc, Query

LONG, HEIGHT = 1_500, 340


def passage(query: Query, doc: Doc | None, docid: str) -> None:
    """The query with what the person wants, and the passage as it reads now."""
    st.markdown(f"**{plain(query.text)}**")
    if query.note:
        st.caption(plain(query.note))
    if doc is None:
        st.warning(f"The passage {plain(docid)} is no longer in the dataset.")
        return
    with st.container(border=False, height=HEIGHT if len(doc.text) > LONG else "content"):
        if doc.title:
            st.markdown(f"*{plain(doc.title)}*")
        st.markdown(plain(doc.text))
    st.caption(plain(docid))


def step(name: str, count: int, noun: str) -> int:
    """Back and forth between `count` cards; the place of the one to show, from 0."""
    place = min(int(state.take(name) or 0), count - 1)
    back, where, forth = st.columns([1, 3, 1], vertical_alignment="center")
    back.button(
        "‹ Previous", key=f"{name} back", shortcut="Left", disabled=place == 0, width="stretch",
        on_click=state.put, args=(name, place - 1),
    )  # fmt: skip
    where.markdown(f"{noun} **{place + 1:,}** of {count:,}", text_alignment="center")
    forth.button(
        "Next ›", key=f"{name} forth", shortcut="Right", disabled=place + 1 >= count, width="stretch",
        on_click=state.put, args=(name, place + 1),
    )  # fmt: skip
    return place


def grade_buttons(
    dataset: DatasetRow, disabled: bool, chosen: Callable[..., None], args: tuple[Any, ...], marked: int | None = None
) -> None:
    """A button for each grade, with its digit as a key; `chosen` is called with `args` and the grade."""
    for column, (grade, name) in zip(st.columns(len(dataset.scale)), dataset.scale.items(), strict=True):
        column.button(
            f"{grade} {plain(name)}",
            key=f"grade {grade}",
            type="primary" if grade == marked else "secondary",
            shortcut=str(grade) if grade < 10 else None,
            width="stretch",
            disabled=disabled,
            on_click=chosen,
            args=(*args, grade),
        )
    if disabled:
        st.caption("Enter **Your name** in the sidebar first: it is kept with each grade.")
