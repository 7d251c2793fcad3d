"""Saving a system under a name: a name that is taken is asked about, and what was saved can be shown on Compare."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui import state
from pages.ui.markdown import plain
from pages.ui.rerankers.show import show_on_compare
from rerank_core.errors import NameTakenError, RerankLensError

Save = Callable[[str, bool], str]
"""(name, whether one of this name may be replaced) -> the id that it is saved under."""


def save_as(form: str, example: str, save: Save, what_is_there: Callable[[str], str]) -> None:
    """The name and the button, the question where the name is taken, and what came of it.

    `form`: names the form; another one has an empty field for the name. `what_is_there`: what a system of this name is,
    as a sentence. `save` raises RerankLensError for what cannot be saved.
    """
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    name = left.text_input("Name", key=f"name-{form}", placeholder=example)
    # not a callback: its arguments would be those of the run before, without what was typed last
    if right.button("Save", key=f"save-{form}", type="primary", width="stretch"):
        state.pop(state.TAKEN)
        _try(form, name, save, replace=False)
        st.rerun()
    if state.take(state.TAKEN) == (form, name):
        _ask(form, name, save, what_is_there)
    saved = state.take(state.SAVED)
    if saved is not None and saved[0] == form:
        _answer(*saved[1:])


def _try(form: str, name: str, save: Save, replace: bool) -> None:
    try:
        saved = save(name, replace)
    except NameTakenError:
        state.pop(state.SAVED)
        state.put(state.TAKEN, (form, name))
    except RerankLensError as error:
        state.put(state.SAVED, (form, "", str(error)))
    else:
        state.pop(state.TAKEN)
        state.put(state.SAVED, (form, saved, f"'{saved}' is saved. It can be chosen like any other system."))


def _ask(form: str, name: str, save: Save, what_is_there: Callable[[str], str]) -> None:
    with st.container(border=True):
        st.markdown(f"**There is a system '{plain(' '.join(name.split()))}' already.** {plain(what_is_there(name))}")
        st.caption("Choose another name above, or replace it: what it ranked is kept, but no longer shown.")
        if st.button("Replace it", key=f"replace-{form}"):
            _try(form, name, save, replace=True)
            st.rerun()


def _answer(system_id: str, line: str) -> None:
    if not system_id:
        st.error(plain(line))
        return
    st.success(plain(line))
    show_on_compare(system_id, "saved")
