"""What an invitation opens, by its kind."""

from __future__ import annotations

import streamlit as st

from pages.ui.invited import grading, reading, voting
from pages.ui.markdown import plain
from rerank_core.errors import RerankLensError
from rerank_core.judging.invitations import GradingTask, task_of
from rerank_core.store.invitations import InvitationRow
from rerank_core.store.workspace import Workspace


def show(space: Workspace, row: InvitationRow) -> None:
    """The judge's list, the vote or the report; a sentence where it cannot be shown."""
    try:
        task = task_of(row)
        if isinstance(task, GradingTask):
            grading.show(space, row, task)
        elif row.kind == "voter":
            voting.show(space, row, task)
        else:
            reading.show(space, row, task)
    except RerankLensError as error:
        st.error(plain(str(error)))
        st.markdown("Tell whoever sent you the link.")
