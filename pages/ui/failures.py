"""What a page says where something cannot be done: one plain sentence, and never Streamlit's own box.

Callbacks that write are `told`: where they fail the page is drawn as ever, with the sentence at its top. What is raised
anywhere else comes to `in_words`, and stands where the page ends.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from pages.ui import state
from pages.ui.markdown import plain
from rerank_core.errors import RerankLensError

Arguments = ParamSpec("Arguments")
OURS = (
    "This page met a fault of Rerank Lens itself and ends here. Grades that were saved stay saved. The server's log "
    "has the details; please report them."
)


def told(callback: Callable[Arguments, object]) -> Callable[Arguments, None]:
    """The callback; what it cannot do is said by the next `show`, at the top of the page."""

    @wraps(callback)
    def callback_and_tell(*args: Arguments.args, **more: Arguments.kwargs) -> None:
        try:
            callback(*args, **more)
        except (RerankLensError, OSError) as error:
            state.put(state.FAILED, _sentence(error))

    return callback_and_tell


def show() -> None:
    """Say what the last callback could not do; to be called first on a page, and in a fragment with buttons."""
    state.put(state.TOLD, None)
    if sentence := state.pop(state.FAILED):
        _say(sentence)


def in_words(error: Exception) -> bool:
    """Say it, once in a run of a page. It is also Streamlit's hook for what nobody caught, and replaces its own box."""
    _say(_sentence(error))
    return True


def _say(sentence: str) -> None:
    if state.take(state.TOLD) != sentence:
        st.error(plain(sentence))
    state.put(state.TOLD, sentence)


def _sentence(error: Exception) -> str:
    if isinstance(error, RerankLensError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"The server's disk or files do not allow this: {error.strerror}. Nothing of it was kept."
    return OURS
