"""A judge's invitation: the page Label alone, with this list, under this name."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache
from pages.ui.invited import door
from pages.ui.label import page
from pages.ui.label.answer import Goal, Sent
from pages.ui.markdown import plain
from pages.ui.outbox.commit import outbox_key
from pages.ui.outbox.writer import Writer
from rerank_core.errors import RerankLensError
from rerank_core.judging import invitations
from rerank_core.judging.invitations import GradingTask
from rerank_core.store.invitations import InvitationRow
from rerank_core.store.workspace import Workspace

HEAD = "invited_judge"


def show(space: Workspace, row: InvitationRow, task: GradingTask) -> None:
    """The desk. What comes up is kept for this dataset and this judge only, and while the invitation is open."""
    judge, dataset = door.login() or row.name, invitations.dataset_of(space, row)
    owner = outbox_key(dataset, judge)
    writer = Writer(judge, owner.__eq__, door.still_open(space, row))
    try:
        labelling = cache.labelling(dataset, judge, task.plan)
    except RerankLensError as error:
        st.error(plain(str(error)))
        st.markdown("Tell whoever sent you the link.")
        return
    st.html(f"<style>.st-key-{HEAD} {{max-width: 60rem; margin: 0 auto}}</style>")
    st.container(key=HEAD).caption(
        f"You grade as **{plain(judge)}**. Each grade is saved at once; come back by the same link at any time."
    )
    page.desk(space, dataset, judge, task.plan, ranks=False, onwards=False)
    goal = Goal(task.goal, st.context.timezone or "UTC") if task.goal else None
    sent = Sent()

    @st.fragment
    def grades() -> None:
        """Runs again where a grade comes without the side route; the page and the desk do not."""
        try:
            writer.check()
        except PermissionError:
            st.rerun()
        page.grades(space, dataset, judge, labelling, sent, None, writer, goal)

    grades()
    door.close_when_withdrawn(writer.check)
