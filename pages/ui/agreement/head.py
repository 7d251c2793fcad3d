"""The head of the page Agreement: what the figures mean, who was compared, and what everybody is to grade."""

from __future__ import annotations

import streamlit as st

from pages.ui import asked, cache, state
from pages.ui.doors import page_link
from pages.ui.judge import name_field
from pages.ui.markdown import plain
from rerank_core.errors import RerankLensError
from rerank_core.evaluation.numbers import share
from rerank_core.judging.agreement_report import RELIABLE, TENTATIVE, AgreementReport, in_words
from rerank_core.judging.plan import LabelPlan, load_plan, proposed_plan
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.qrels_rule import QRELS_RULE
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import all_systems
from rerank_core.views.agreement import agreement_chart

ORDERS = {"pool": "shuffled for each judge", "matters": "what matters most for the verdict first"}


def settler() -> str:
    """Who settles here: the signed-in person, else a typed name; "" while nobody said one."""
    return name_field("Kept with each grade that you settle or confirm.")


def choose_report(space: Workspace, dataset: DatasetRow) -> AgreementReport:
    """The report over the chosen judges: all people, unless others are chosen."""
    people = cache.agreement(space, dataset, None)
    names = [row.judge for row in people.judges if row.grades]
    if len(names) < 2:
        return people
    asked.check(state.AGREEING, names, "judge")
    chosen = st.sidebar.multiselect(
        "Judges compared",
        names,
        list(people.compared),
        key=state.AGREEING,
        bind="query-params",
        help="Grades from an imported file count as one judge.",
    )
    return cache.agreement(space, dataset, tuple(chosen))


def summary(space: Workspace, dataset: DatasetRow, report: AgreementReport, plan: LabelPlan | None) -> None:
    """What the report says in words, what is to be graded, and the picture."""
    first, *others = in_words(report)
    st.markdown(f"#### {plain(first)}")
    left, right = st.columns([1, 1], gap="large") if report.alpha is not None else (st.container(), None)
    with left:
        if others:
            st.markdown(plain(" ".join(others)))
        _plan(space, dataset, plan)
        st.caption(f"Which grade counts: {QRELS_RULE}")
    if right is not None:
        with right:
            st.altair_chart(agreement_chart(report), width="stretch")
            st.caption(
                f"Lines: 95 % intervals over the passages in common (bootstrap, seed 0). Dashed: {TENTATIVE} and "
                f"{RELIABLE}, below and above which Krippendorff calls grades unusable and reliable. Together: "
                "Krippendorff's alpha for ordered grades. Two judges: Cohen's kappa with quadratic weights. Grades "
                "given on Compare are included, although Compare shows the grade that counts."
            )


def plan_of(space: Workspace, dataset: DatasetRow) -> LabelPlan | None:
    """What is to be graded: as it was set, else what is ranked; None with neither."""
    try:
        return load_plan(space, dataset) or proposed_plan(space, dataset)
    except RerankLensError as error:
        st.error(plain(str(error)))
        return None


def _plan(space: Workspace, dataset: DatasetRow, plan: LabelPlan | None) -> None:
    if plan is None:
        return
    labels = {system.id: system.label for system in all_systems(space)}
    systems = ", ".join(plain(labels.get(system, system)) for system in plan.systems)
    random = f" ({share(plan.random_share)} drawn at random)" if plan.order == "matters" else ""
    st.markdown(
        f"To grade: the first **{plan.depth}** passages of {systems}; **{share(plan.overlap)}** of the pairs by "
        f"every judge, the rest by one judge each; {ORDERS[plan.order]}{random}."
    )
    page_link("Label", "Change what is graded", icon=":material/tune:", params={state.SETUP: "true"})
