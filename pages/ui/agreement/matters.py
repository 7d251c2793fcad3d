"""The verdict between the two systems of the list while it is graded: where it stands, and whether to believe it."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache
from pages.ui.label.standing import sentences
from pages.ui.markdown import plain
from rerank_core.errors import RerankLensError
from rerank_core.judging.next_grade.random_check import FEWEST, RandomCheck
from rerank_core.judging.plan import LabelPlan
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import get_system
from rerank_core.views.next_grade import calibration_chart


def show(space: Workspace, dataset: DatasetRow, plan: LabelPlan | None) -> None:
    """Where the verdict stands, the check by the random share, and the model's predictions against the given grades."""
    if plan is None or plan.compared is None or plan.order != "matters":
        st.info(
            "The list is graded in the shuffled order. To change that, choose **What matters most** as the order on "
            "the page **Label**."
        )
        return
    try:
        names = tuple(get_system(space, system).label for system in plan.compared)
        labelling = cache.labelling(dataset, "", plan)
    except RerankLensError as error:
        st.error(plain(str(error)))
        return
    standing = labelling.standing()
    if standing is None:
        return
    for sentence in sentences(standing, (names[0], names[1])):
        st.markdown(plain(sentence))
    st.caption(
        "This is about these queries alone, as if every passage that either system ranks were graded. The page "
        "Evaluate shows whether it holds for other queries too."
    )
    _believable(labelling.random_check())
    bins = labelling.calibration()
    if bins:
        st.markdown("**Predicted and given grades**")
        st.altair_chart(calibration_chart(bins), width="stretch")
        st.caption(
            "Each grade is predicted from the others. On the dashed line the prediction is right. Bars: 95 % intervals."
        )


def _believable(check: RandomCheck | None) -> None:
    if check is None:
        return
    if check.biased is None:
        st.markdown(
            f"{check.n} grades were drawn at random so far; from {FEWEST} on they show whether the other grades "
            "mislead."
        )
    elif check.biased:
        st.warning(
            f"The {check.n} grades drawn at random are not what the other grades predict (mean gain {check.found:.2f} "
            f"instead of {check.expected:.2f}): do not rely on a verdict yet."
        )
    else:
        st.markdown(
            f"The {check.n} grades drawn at random differ from what the other grades predict by no more than chance "
            f"(mean gain {check.found:.2f}, predicted {check.expected:.2f})."
        )
