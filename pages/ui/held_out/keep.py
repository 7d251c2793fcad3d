"""Keeping what was found as a system of its own."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui import failures, state
from pages.ui.markdown import plain
from rerank_core.errors import RerankLensError


def name_and_button(name: str, example: str, keep: Callable[[], None]) -> None:
    """The last two fields of a form; `name`: the key of the first."""
    st.text_input("Name", key=name, max_chars=80, placeholder=f"for example: {example}")
    st.form_submit_button("Keep", on_click=keep)


@failures.told
def kept_as(said: str, name: str, save: Callable[[str], str]) -> None:
    """Save it under what the field `name` holds; `said`: the key of what is then said."""
    try:
        kept = save(str(state.take(name) or "").strip())
    except RerankLensError as error:
        state.put(said, (False, str(error)))
        return
    state.put(said, (True, f"Kept as '{kept}'. Choose it in the sidebar of any page."))


def say(said: str) -> None:
    """What came of the last click, once."""
    if (told := state.pop(said)) is not None:
        kept, text = told
        (st.success if kept else st.error)(plain(text))
