"""The sections of the page Agreement: one is shown at a time, and the link keeps which."""

from __future__ import annotations

import streamlit as st

from pages.ui import asked, state
from pages.ui.agreement import history, matters
from pages.ui.agreement import settle as agreement_settle
from pages.ui.agreement import stale as agreement_stale
from pages.ui.doors import page_link
from pages.ui.markdown import plain
from pages.ui.tables import harmless_table, written_table
from rerank_core.evaluation.numbers import count, counted, figure, share
from rerank_core.judging.agreement_report import AgreementReport
from rerank_core.judging.disputes import cases
from rerank_core.judging.plan import LabelPlan
from rerank_core.judging.stale import stale_labels
from rerank_core.store import judges, judgments
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.judgments import RULES
from rerank_core.store.workspace import Workspace
from rerank_core.views.agreement import judges_frame, twos_frame

SETTLE, STALE, JUDGES, MATTERS, HISTORY = "Disagreements", "Changed passages", "Judges", "Verdict so far", "History"


def show(space: Workspace, dataset: DatasetRow, judge: str, report: AgreementReport, plan: LabelPlan | None) -> None:
    """How much there is to do, and the chosen section."""
    with space.open() as db:
        strange = judgments.unreadable(db, dataset.id)
    if strange:
        st.warning(judgments.unreadable_sentence(strange))
    disputed, stale = cases(space, dataset), stale_labels(space, dataset)
    waiting = sum(case.settled is None for case in disputed)
    parts = [SETTLE, STALE, JUDGES, MATTERS, HISTORY]
    asked.check(state.AGREEMENT_PART, parts, "section")
    chosen = st.segmented_control(
        "Details",
        parts,
        default=SETTLE,
        required=True,
        key=state.AGREEMENT_PART,
        bind="query-params",
    )
    changed = (
        f"{counted(len(stale), 'grade')} of passages that changed since they were graded"
        if stale
        else "no passage changed since it was graded"
    )
    st.caption(f"{counted(waiting, 'passage')} to settle · {changed}")
    if chosen == STALE:
        agreement_stale.show(space, dataset, judge, stale)
    elif chosen == JUDGES:
        _judges(space, dataset, report)
    elif chosen == MATTERS:
        matters.show(space, dataset, plan)
    elif chosen == HISTORY:
        history.show(space, dataset)
    else:
        agreement_settle.show(space, dataset, judge, disputed, report.pairs)


def _judges(space: Workspace, dataset: DatasetRow, report: AgreementReport) -> None:
    if not report.judges:
        st.info("This dataset has no grades yet.")
        return
    st.dataframe(harmless_table(judges_frame(report.judges)), hide_index=True, width="stretch")
    with space.open() as db:
        counts = judges.grades_by_rule(db, dataset.id)
    if counts:
        parts = " · ".join(f"**{count(n)}** {plain(RULES.get(rule, rule))}" for rule, n in counts.items())
        st.markdown(f"Grades, by how the judge came to the passage: {parts}.")
        st.caption("Only grades from the pool, or drawn from it at random, are representative of the pool.")
    if report.alpha is not None and report.nominal is not None:
        ordered, plain_one = report.alpha, report.nominal
        st.markdown(
            f"Krippendorff's alpha over {count(report.pairs)} passages: **{figure(ordered.value)}** for ordered "
            f"grades, **{figure(plain_one.value)}** ({figure(plain_one.low)} to {figure(plain_one.high)}) if any two "
            "different grades are equally far apart."
        )
    if report.twos:
        st.markdown("**Each pair of judges**")
        how = {
            "Same grade": share,
            **dict.fromkeys(("Kappa", "Weighted kappa"), lambda value: figure(value, 2)),
        }
        st.dataframe(written_table(twos_frame(report.twos), how), hide_index=True, width="stretch", placeholder="–")
        st.caption(
            "Weighted: by the square of how far apart two grades are. Empty: both judges gave the same single grade "
            "throughout."
        )
    page_link("LLM grades", "Language models as judges: open LLM grades", icon=":material/smart_toy:")
