"""The invitations that there are: for whom, when used last, and a button that closes each."""

from __future__ import annotations

import streamlit as st

from pages.ui import failures, roles
from pages.ui.markdown import plain
from rerank_core.judging import invitations as links
from rerank_core.judging.invitations import open_ones
from rerank_core.store import invitations
from rerank_core.store.invitations import InvitationRow
from rerank_core.store.workspace import Workspace

KINDS = {"judge": "Judge", "voter": "Voters", "reader": "Reader"}
WIDTHS = [2, 3, 3, 3, 2]


def everything(space: Workspace) -> None:
    """All open invitations of the workspace, and how many were withdrawn; nothing where there never was one."""
    with space.open() as db:
        rows = invitations.listed(db)
    if not rows or roles.current() not in ("engineer", "admin"):
        return
    _list(space, rows, "Invitations")


def of_dataset(space: Workspace, dataset_id: int, kind: str) -> None:
    """The open invitations of one kind to one dataset."""
    with space.open() as db:
        rows = [row for row in invitations.listed(db, dataset_id) if row.kind == kind]
    if open_ones(rows):
        _list(space, rows, "Invited before")


def _list(space: Workspace, rows: list[InvitationRow], title: str) -> None:
    current = open_ones(rows)
    with st.expander(f"{title}: {len(current):,} open"):
        for row in current:
            _line(space, row)
        if closed := len(rows) - len(current):
            st.caption(f"{closed:,} withdrawn.")


def _line(space: Workspace, row: InvitationRow) -> None:
    kind, who, made, used, button = st.columns(WIDTHS, vertical_alignment="center")
    kind.markdown(f"**{KINDS[row.kind]}**")
    who.markdown(f"{plain(row.name)} · {plain(row.dataset)}" if row.name else plain(row.dataset))
    made.caption(f"made {_day(row.made)}")
    used.caption(f"last used {_day(row.used)}" if row.used else "never used")
    button.button("Withdraw", key=f"withdraw_{row.id}", on_click=_withdraw, args=(space, row.id))


def _day(at: str) -> str:
    return f"{at[:10]} {at[11:16]} UTC"


@failures.told
def _withdraw(space: Workspace, invitation_id: str) -> None:
    if roles.current() in ("engineer", "admin"):
        links.withdraw(space, invitation_id)
