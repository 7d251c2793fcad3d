"""Who grades: the signed-in person where the app has a sign-in, else a name that is typed and kept in the link."""

from __future__ import annotations

import streamlit as st

from pages.ui import roles, state
from pages.ui.markdown import plain

LONGEST_NAME = 80


def who_grades() -> str:
    """The judge's name; stops the page with a way to say it where nobody has."""
    if (signed_in := _signed_in()) is not None:
        return signed_in
    _take_linked_name()
    if not (state.take(state.JUDGE) or "").strip():
        _ask()
    name = name_field("Kept with each grade. With the same name you continue where you stopped, on any computer.")
    st.query_params[state.JUDGE] = name
    return name


def name_field(purpose: str, default: str = "") -> str:
    """The signed-in person, else what is typed at the sidebar's end; `default` while nothing is.

    `purpose`: the field's help. To be called outside of the sidebar's own block: where the app has a sign-in, the page
    asks for it in its middle and stops until somebody has signed in.
    """
    if (signed_in := _signed_in()) is not None:
        return signed_in
    _take_linked_name()
    name = st.sidebar.text_input(
        "Your name", default, key=state.JUDGE, max_chars=LONGEST_NAME, persist_state="session", help=purpose
    )
    return (name or "").strip() or default


def _take_linked_name() -> None:
    if state.take(state.JUDGE) is None and (named := st.query_params.get(state.JUDGE, "").strip()):
        state.put(state.JUDGE, named[:LONGEST_NAME])


def _signed_in() -> str | None:
    """The signed-in person; None where the app has no sign-in. Stops the page where nobody has signed in yet."""
    now = st.user.get("is_logged_in")
    if now is None:
        return None
    if not now:
        st.title("Grade passages")
        st.markdown("Sign in first, so that your grades are kept under your name.")
        st.button("Sign in", type="primary", on_click=st.login)
        st.stop()
    name = roles.login_name()
    st.sidebar.markdown(f"Signed in as **{plain(name)}**")
    return name


def _ask() -> None:
    st.title("Grade passages")
    st.markdown("You read a query and, one after the other, passages that may answer it. You grade how well each does.")
    with st.form("who", border=False, width=420):
        st.text_input("Your name", key=state.NEW_JUDGE, max_chars=LONGEST_NAME, placeholder="for example Ann")
        st.form_submit_button("Start", type="primary", on_click=_named)
    st.caption("With the same name you continue where you stopped, on any computer.")
    st.stop()


def _named() -> None:
    name = str(state.take(state.NEW_JUDGE) or "").strip()
    if name:
        state.put(state.JUDGE, name)
