"""The answer of a job that took a while: it stands until somebody asks for another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.ui import work
from pages.ui.view import View
from rerank_core.experiment.job_requests import Request
from rerank_core.store.jobs import Job
from rerank_core.store.workspace import Workspace


def watched(space: Workspace, job: Job | None) -> bool:
    """Show the bar of a job that is open; whether there is one."""
    if job is None or not job.is_open:
        return False
    work.watch(space, [job.id], lambda: None, seconds=1.0)
    return True


def offer_again(
    space: Workspace,
    view: View,
    request: Request,
    found: dict[str, Any],
    what: tuple[str, str],
    ask: Callable[[Workspace, Request], object],
) -> None:
    """Where grades came since, say so and offer to `ask` again. `what`: its noun, and the button's verb."""
    if not work.is_behind_grades(space, view.dataset, found):
        return
    noun, verb = what
    st.info(f"Grades came since this {noun}, and the answer does not know them.")
    if not space.why_only_read():
        st.button(f"{verb} again", on_click=ask, args=(space, request))
