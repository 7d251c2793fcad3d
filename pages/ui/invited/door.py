"""The door of an invitation: finds out what the link opens; says in a sentence where it opens nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

from pages.ui import cache, frame, roles, state
from pages.ui.markdown import plain
from rerank_core.errors import InvitationError, RerankLensError, WorkspaceError
from rerank_core.judging import invitations
from rerank_core.store.invitations import InvitationRow
from rerank_core.store.workspace import Workspace

LOOK_AGAIN = 3.0  # seconds, after which an open page notices by itself that its invitation was withdrawn
STYLE = """
[data-testid="stSidebar"], [data-testid="stSidebarCollapsedControl"], [data-testid="stExpandSidebarButton"],
[data-testid="stToolbar"] {display: none}
[data-testid="stHeader"] {background: transparent; height: 0}
.block-container {padding: 1rem 1rem 2rem}
"""
TITLES = {"judge": "Grade passages", "voter": "Vote", "reader": "Report"}

_mount = st.components.v2.component(
    "rerank_lens_door", js=Path(__file__).with_name("door.js").read_text(encoding="utf-8")
)


def open_door() -> tuple[Workspace, InvitationRow]:
    """The workspace and the invitation; stops the page, with a sentence, where the link opens nothing (any more)."""
    st.set_page_config("Rerank Lens", "🔎", "wide", "collapsed")
    st.html(f"<style>{STYLE}</style>")
    space, code = cache.workspace(), _code()
    if code is None:
        _mount_door(asked=False, closed=False)
        st.caption("Opening …")
        st.stop()
    try:
        row = invitations.redeem(space, code)
    except InvitationError as error:
        st.subheader("This link is closed", anchor=False)
        st.markdown(plain(str(error)))
        _mount_door(asked=True, closed=True)
        st.stop()
    except RerankLensError as error:
        st.error(plain(str(error)))
        if isinstance(error, WorkspaceError):
            frame.look_again(space)
        st.stop()
    _mount_door(asked=True, closed=False)
    st.set_page_config(f"{TITLES[row.kind]} · Rerank Lens")
    return space, row


def still_open(space: Workspace, row: InvitationRow) -> Callable[[], None]:
    """A check that raises PermissionError, with the sentence for the guest, once the link was withdrawn."""

    def check() -> None:
        try:
            invitations.check_open(space, row.id)
        except InvitationError as error:
            raise PermissionError(str(error)) from error

    return check


def close_when_withdrawn(check: Callable[[], None]) -> None:
    """Run the page again soon after the invitation was withdrawn: it then says so."""

    @st.fragment(run_every=LOOK_AGAIN)
    def look() -> None:
        try:
            check()
        except PermissionError:
            st.rerun()
        except WorkspaceError as error:  # it may be back the next time
            st.error(plain(str(error)))

    look()


def login() -> str | None:
    """Under what the signed-in guest is known; None where the app has no sign-in. Stops the page until they sign in.

    Where there is a sign-in, it decides who somebody is; the invitation then says only what they may do.
    """
    now = st.user.get("is_logged_in")
    if now is None:
        return None
    if not now or st.user.get("email_verified") is False:
        st.subheader("Sign in first", anchor=False)
        st.markdown("So that what you say is kept under your name.")
        st.button("Sign in", type="primary", on_click=st.login)
        st.stop()
    return roles.login_name()


def _code() -> str | None:
    sent = state.take(state.INVITATION)
    code = sent.get("code") if isinstance(sent, Mapping) else None
    return code[:200] if isinstance(code, str) else None


def _mount_door(asked: bool, closed: bool) -> None:
    _mount(
        key=state.INVITATION,
        data={"asked": asked, "closed": closed},
        default={"code": None},
        on_code_change=_noted,
        height="content",
    )


def _noted() -> None:
    """State needs a callback to exist; it is read in the script body."""
