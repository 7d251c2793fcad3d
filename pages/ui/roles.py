"""Who may do what, where a team uses one app: roles by e-mail address, out of a file that the administrator keeps.

Without the file whoever sits at the machine may do everything, and everybody else only what an invitation opens.
Asked on the server only: by each page's script before it draws, by what a form does, by the side route at every post.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NoReturn, get_args

import streamlit as st

from pages.ui.doors import page_link
from pages.ui.server.host_check import is_at_this_machine
from rerank_core.errors import SettingsError

VARIABLE = "RERANK_LENS_ROLES"
"""A .toml or .json file: e-mail address -> role. Not set: there are no roles."""

EVERYBODY = "*"
"""Stands in the file for whoever is not named, signed in or not."""

Role = Literal["judge", "engineer", "admin"]
JUDGES_OPEN = frozenset({"Label"})
"""The pages that a judge opens; the others open all."""


def there_are_roles() -> bool:
    """Whether the environment names a file of roles."""
    return bool(os.environ.get(VARIABLE, "").strip())


def login_name() -> str:
    """Under what the signed-in person grades; "" where nobody is signed in, or the app has no sign-in."""
    if not st.user.get("is_logged_in"):
        return ""
    return str(st.user.get("email") or st.user.get("name") or st.user.get("sub") or "")


def role_of(email: str) -> Role | None:
    """The role of an e-mail address in any case, else that of EVERYBODY; None for whoever has none.

    "": the address of nobody. "admin" without a file.

    The file is read each time: who is taken out of it is out at once. Raises SettingsError where it cannot be read.
    """
    if not there_are_roles():
        return "admin"
    named = _roles(Path(os.environ[VARIABLE].strip()))
    return named.get(email.strip().casefold()) or named.get(EVERYBODY)


def current() -> Role | None:
    """The role of whoever is signed in, by an address that the provider verified; else that of EVERYBODY, or None.

    Without a file: "admin" for who sits at the machine, None for everybody else.
    """
    if not there_are_roles():
        return "admin" if is_at_this_machine() else None
    known = st.user.get("is_logged_in") and st.user.get("email_verified") is not False
    return role_of(str(st.user.get("email") or "") if known else "")


def may_set_servers() -> bool:
    """Whether they may name servers, variables of keys, folders of models and paths of imports."""
    return current() == "admin"


def may_write(name: str, board: bool) -> bool:
    """Whether the person of this login may still send grades: from the board of Compare, or from Label."""
    role = role_of(name)
    return role is not None and (role != "judge" or not board)


def opens(page: str) -> bool:
    """Whether whoever looks may open this page, so that a link to it leads somewhere."""
    try:
        role = current()
    except SettingsError:
        return False
    return role is not None and (role != "judge" or page in JUDGES_OPEN)


def require(page: str) -> None:
    """Stop the page unless whoever looks at it may open it."""
    if not there_are_roles():
        if current() is None:
            _by_invitation_only()
        return
    try:
        role = current()
    except SettingsError as error:
        st.error(f"The roles cannot be read, so nobody is let in. {type(error).__name__}: ask the administrator.")
        st.stop()
    if role is None:
        if st.user.get("is_logged_in"):
            st.error("This address is not on the list of those who may use the app.")
            st.button("Sign out", on_click=st.logout)
        else:
            st.markdown("Sign in to use this app.")
            st.button("Sign in", type="primary", on_click=st.login)
        st.stop()
    if role == "judge" and page not in JUDGES_OPEN:
        _lead_to(sorted(JUDGES_OPEN), "You judge passages: open **Label**.")


def _lead_to(pages: Sequence[str], why: str) -> NoReturn:
    st.info(why)
    for page in pages:
        page_link(page, icon=":material/arrow_forward:")
    st.stop()


def _by_invitation_only() -> NoReturn:
    st.info("This app is open by invitation. Open the link that you were given.")
    st.caption(
        f"For whoever keeps this app: it is offered to other machines, and no roles are set. Open it at the machine "
        f"itself, by http://localhost, or name people in `{VARIABLE}`."
    )
    st.stop()


def _roles(path: Path) -> dict[str, Role]:
    try:
        text = path.read_text(encoding="utf-8")
        named = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{VARIABLE}: {path} cannot be read ({type(error).__name__}).") from error
    if not isinstance(named, dict):
        raise SettingsError(f"{VARIABLE}: {path} is no table of addresses.")
    for email, role in named.items():
        if role not in get_args(Role):
            raise SettingsError(f"{VARIABLE}: {path}: {email} has the role {role!r}; there are judge, engineer, admin.")
    return {str(email).strip().casefold(): role for email, role in named.items()}
