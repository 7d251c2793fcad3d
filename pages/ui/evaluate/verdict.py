"""The top of the page Evaluate: one plain sentence per system, and the next step where it is too close to call."""

from __future__ import annotations

import streamlit as st

from pages.ui import state, work
from pages.ui.doors import page_link
from pages.ui.evaluate import cache
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.evaluation.numbers import count, counted, share
from rerank_core.evaluation.verdict import advice, evidence, headline, outcome
from rerank_core.experiment.chosen_on import chosen_on_sentence, trained_systems
from rerank_core.experiment.figures import Figures
from rerank_core.experiment.job_requests import RecallRequest, RunRequest
from rerank_core.experiment.summary import Summary, SystemSummary, not_compared_alike, verdicts
from rerank_core.judging.next_grade.decision import Decision
from rerank_core.store.workspace import Workspace
from rerank_core.views.summary import BETTER, EQUAL, OPEN, WORSE, says

DECIDE = "Grade what decides"
_COLOURS = {BETTER: "blue", WORSE: "orange", EQUAL: "violet", OPEN: "gray"}
_MOST_DECIDED = 3
"""Systems for which the page says how many passages could decide."""


def show(space: Workspace, view: View, figures: Figures) -> None:
    """One sentence a system, the best first; where nothing can be said, the next step as a button or link."""
    summary = figures.summary
    if not any(figures.everything.answers.values()):
        _nothing_ranked(space, view)
        return
    if not summary.graded and figures.only:
        st.markdown("#### None of the chosen queries has a grade yet. Choose other slices, or grade some of these.")
        return
    if not summary.graded:
        st.markdown("#### No grades yet, so the systems cannot be compared.")
        page_link("Label", "Grade passages, one after the other", icon=":material/arrow_forward:")
        page_link("Compare", "Grade passages on Compare", icon=":material/arrow_forward:")
        page_link("Data", "Import grades on Data", icon=":material/arrow_forward:")
        return
    rows = verdicts(summary)
    if not rows:
        st.markdown("#### A comparison needs two systems: choose another one in the sidebar.")
    for place, (row, sentence) in enumerate(rows):
        _sentence(view, figures, row, sentence, place, "####" if len(rows) < 3 else "#####")
    _not_compared(summary)
    _chosen_here(figures)


def _nothing_ranked(space: Workspace, view: View) -> None:
    st.markdown("#### Nothing is ranked yet with these settings.")
    if not view.dataset.n_queries:
        page_link("Data", "Add queries on Data", icon=":material/arrow_forward:")
        return
    job = work.latest(space, RunRequest.of(view.ready))
    if not view.ready.systems:
        page_link("Rerankers", "Make a system ready", icon=":material/arrow_forward:")
    elif not space.why_only_read() and (job is None or not job.is_open):
        st.button(
            f"Rank all {counted(view.dataset.n_queries, 'query', 'queries')}",
            type="primary",
            on_click=_rank,
            args=(space, view),
        )


def _rank(space: Workspace, view: View) -> None:
    for request in (RunRequest.of(view.ready), RecallRequest.of(view.ready)):
        work.submit(space, request)


def _sentence(view: View, figures: Figures, row: SystemSummary, sentence: str, place: int, head: str) -> None:
    summary, comparison = figures.summary, row.comparison
    word = says(row, view.baseline)
    short = sentence if comparison is None else headline(comparison)
    ungraded = _ungraded(summary, row)
    if ungraded:
        short = f"{short.removesuffix('.')}; {share(ungraded)} of the top {summary.k} is ungraded."
    st.markdown(f"{head} :{_COLOURS.get(word, 'gray')}[{word[0]}] {plain(short)}")
    if comparison is None or comparison.mean is None:
        return
    decision = cache.decision(figures, row.system) if place < _MOST_DECIDED else None
    said = outcome(comparison)
    proof = evidence(comparison)
    if said == "open" and (decision is None or decision.is_over):
        proof = f"{proof}; {advice(comparison, summary.spare)}"
    st.caption(plain(f"{proof}."))
    if decision is not None:
        # at the first run of a link the choice below has not been drawn yet
        section = state.take(state.SECTION) or st.query_params.get(state.SECTION)
        _next_step(decision, row, said == "open", section == DECIDE)


def _next_step(decision: Decision, row: SystemSummary, is_open: bool, is_here: bool) -> None:
    """The way to the passages that could decide; where they are graded already (`is_here`), nothing."""
    if decision.is_over:
        if is_open:
            reach = (decision.left_high - decision.left_low) / 2
            st.caption(
                f"Grading these queries cannot decide it: {counted(decision.queries, 'query', 'queries')} leave "
                f"±{reach:.3f} open. Grade other queries, or choose a wider margin."
            )
        return
    if is_here and state.take(state.COMPARED) in (None, row.system):
        return
    goal = "could decide it" if is_open else "could still change it"
    st.button(
        f"Grade the {counted(decision.passages, 'passage')} that {goal}",
        key=f"decide_{row.system}",
        type="primary" if is_open else "secondary",
        icon=":material/arrow_forward:",
        icon_position="right",
        on_click=_decide,
        args=(row.system,),
    )


def _decide(system: str) -> None:
    state.put(state.COMPARED, system)
    state.put(state.SECTION, DECIDE)


def _ungraded(summary: Summary, row: SystemSummary) -> float:
    """The ungraded share of the top of both systems; 0 where nothing is known."""
    both = [
        one.unjudged.judged for one in summary.systems if one.system in (row.system, summary.baseline) and one.unjudged
    ]
    return 1.0 - sum(both) / len(both) if both else 0.0


def _chosen_here(figures: Figures) -> None:
    """Systems whose settings a search chose on these very queries."""
    labels = {row.system: row.label for row in figures.summary.systems}
    trained = trained_systems(figures.experiment) if figures.chosen_on else frozenset()
    for system, queries in figures.chosen_on.items():
        said = chosen_on_sentence(labels[system], queries, len(figures.summary.qids), system in trained)
        st.warning(plain(said))


def _not_compared(summary: Summary) -> None:
    """What a reader of the verdicts has to know: other candidates, failures, queries left out."""
    for row in summary.systems:
        for line in not_compared_alike(row):
            st.warning(plain(line))
    left_out = summary.graded - len(summary.qids)
    if left_out:
        st.caption(
            f"Graded queries that every system has ranked: {count(len(summary.qids))}; all figures are over these. "
            f"Left out, because a system failed on them or has not ranked them yet: {count(left_out)}."
        )
