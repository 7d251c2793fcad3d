"""The head of the page Evaluate: the verdicts, the table of systems, what the ungraded passages leave open."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import state
from pages.ui.evaluate.cache import whole_set
from pages.ui.markdown import plain
from pages.ui.tables import harmless_table
from pages.ui.view import View
from rerank_core.errors import BadInputError
from rerank_core.evaluation.names import Measure, parse_measure
from rerank_core.experiment.figures import Figures
from rerank_core.experiment.summary import Summary, not_compared_alike, own_passages_sentence
from rerank_core.experiment.summary import verdicts as all_verdicts
from rerank_core.views.efficiency import COST, P95, efficiency_columns
from rerank_core.views.summary import (
    BETTER,
    COUNTS,
    DIFFERENCE,
    INTERVAL,
    OPEN,
    WORSE,
    P,
    says,
    summary_frame,
    unjudged_frame,
)

DEFAULT = ("nDCG@10", "RR@10", "P@5")
OFFERED = ("nDCG@10", "RR@10", "AP", "P@5", "R@100", "Success@10", "Bpref", "nDCG", "nDCG_exp@10", "nDCG_condensed@10")
_COLOURS = {BETTER: "blue", WORSE: "orange", OPEN: "gray"}


def choose_price(column: DeltaGenerator) -> float | None:
    """What an hour of the machine costs that the local models were timed on; None where nobody said."""
    return column.number_input(
        "Machine, $/h",
        min_value=0.0,
        value=None,
        step=0.1,
        key=state.PRICE,
        bind="query-params",
        placeholder="not known",
        help="What the machine costs that local models were timed on. 1,000 queries then cost this price over the "
        "measured time, if it is never idle.",
    )


def choose_measures(column: DeltaGenerator) -> list[Measure]:
    """Any measures, by name or alias; what is no measure is named and left out. The first one is the headline."""
    chosen = column.multiselect(
        "Measures",
        OFFERED,
        DEFAULT,
        key=state.MEASURES,
        bind="query-params",
        accept_new_options=True,
        help="Type any measure: nDCG@20, R(rel=2)@50, or an alias such as ndcg_cut_10, map, mrr@10, recall_100. "
        "Systems are compared on the first one. nDCG is trec_eval's: gain = grade, ideal = all graded passages, cut "
        "at k.",
    )
    measures = []
    for name in chosen:
        try:
            measures.append(parse_measure(name))
        except BadInputError as error:
            st.error(plain(str(error)))
    return measures or [parse_measure(DEFAULT[0])]


def choose_own_passages(view: View) -> bool:
    """Whether the figures are without the passages that have their query's own id; asked only where there are some."""
    own_passages = whole_set(view.experiment)[0].own_passages
    if not own_passages_sentence(own_passages, view.dataset):
        return False
    return st.checkbox(
        f"Leave out the passage with the query's own id ({len(own_passages):,} queries)",
        key=state.OWN_LEFT_OUT,
        bind="query-params",
        help="Where queries are passages of the corpus (ArguAna, Quora), each query finds its own passage. BEIR "
        "leaves that passage out. Applies to every figure on this page except the recall of the candidates; the "
        "other pages count the passage.",
    )


def verdicts(view: View, figures: Figures) -> None:
    """One sentence a system, the best first; stops the page with the next step where nothing can be said."""
    summary = figures.summary
    if not any(figures.everything.answers.values()):
        st.markdown("#### Nothing is ranked yet with these settings.")
        return
    if not summary.graded and figures.only:
        st.markdown(
            "#### None of the chosen queries has a grade yet. Choose other slices, or grade some of these queries."
        )
        return
    if not summary.graded:
        st.markdown("#### No grades yet, so the systems cannot be compared.")
        st.page_link("pages/1_Compare.py", label="Grade passages on Compare", icon=":material/arrow_forward:")
        st.page_link("pages/3_Data.py", label="Import grades on Data", icon=":material/arrow_forward:")
        return
    sentences = all_verdicts(summary)
    if not sentences:
        st.markdown("#### A comparison needs two systems: choose another one in the sidebar.")
    head = "####" if len(sentences) < 3 else "#####"
    for row, sentence in sentences:
        word = says(row, view.baseline)
        st.markdown(f"{head} :{_COLOURS.get(word, 'gray')}[{word[0]}] {plain(sentence)}")
    _not_compared(summary)


def _not_compared(summary: Summary) -> None:
    """What a reader of the verdicts has to know: other candidates, failures, queries left out."""
    for row in summary.systems:
        for line in not_compared_alike(row):
            st.warning(plain(line))
    left_out = summary.graded - len(summary.qids)
    if left_out:
        st.caption(
            f"Graded queries that every system has ranked: {len(summary.qids):,}; all figures are over these. "
            f"Left out, because a system failed on them or has not ranked them yet: {left_out:,}."
        )


def table(figures: Figures, price: float | None) -> None:
    """The table of systems. `price`: of an hour of the machine, in US dollars."""
    summary = figures.summary
    frame = summary_frame(summary).join(efficiency_columns(figures.efficiency, price))
    counts = ("Nothing returned", "Failed", "Not ranked")
    unneeded = [name for name in counts if not frame[name].any()]
    unneeded += [] if frame[COST].notna().any() else [COST]
    figure = st.column_config.NumberColumn
    measures = [str(measure) for measure in summary.measures]
    judged = f"Judged@{summary.k}"
    # what an engineer decides by stands first: all of it is on the screen at 1,440 px
    order = ["System", "Says", *measures, DIFFERENCE, INTERVAL, COUNTS, judged, P95, COST, P, *counts, "Queries"]
    st.dataframe(
        harmless_table(frame[[name for name in order if name not in unneeded]]),
        hide_index=True,
        width="stretch",
        placeholder="–",
        column_config={
            "System": st.column_config.TextColumn(pinned=True, width=205),
            "Says": st.column_config.TextColumn(width=106),
            **{name: figure(format="%.4f", width=max(68, 9 * len(name))) for name in measures},
            DIFFERENCE: figure(format="%+.4f", width=70, help=f"Mean, in {summary.headline}, from the baseline."),
            INTERVAL: st.column_config.TextColumn(
                width=132, help="Of the mean difference: paired BCa bootstrap, seed 0."
            ),
            COUNTS: st.column_config.TextColumn(width=90, help="Won / tied / lost: queries, against the baseline."),
            judged: figure(format="percent", width=80, help="The graded share of the first passages."),
            P95: figure(
                format="%.0f", width=66, help="95 of 100 queries took less. See Efficiency for what was timed."
            ),
            COST: figure(
                format="$%.4f", width=80, help="By use of a service, or this machine's hour over the measured time."
            ),
            P: figure(
                format="%.4f", width=70, help="Paired randomisation test, corrected for all systems in this table."
            ),
            "Queries": figure(width=70, help="How many queries the means are over: the same ones for every system."),
            "Nothing returned": figure(help="Queries with an empty ranking; they count 0."),
        },
    )


def unjudged(summary: Summary) -> None:
    """How far the headline could still move."""
    frame = unjudged_frame(summary)
    if frame.empty:
        return
    holes, k = int(frame["Holes"].sum()), summary.k
    name = f"{holes:,} passages in the first {k} are ungraded" if holes else f"None in the first {k} of any system"
    with st.expander(f"Ungraded passages: {name[0].lower()}{name[1:]}"):
        four = st.column_config.NumberColumn(format="%.4f")
        share = st.column_config.NumberColumn(format="percent")
        columns = {name: four for name in frame.columns if name not in ("System", "Holes", f"Judged@{k}")}
        st.dataframe(
            harmless_table(frame), hide_index=True, width="stretch", column_config={**columns, f"Judged@{k}": share}
        )
        st.caption(
            f"nDCG@{k} counts ungraded passages as not relevant. Lowest and highest: the mean if each query's ungraded "
            "passages had the worst, or the best, grade of the scale. Condensed nDCG and Bpref leave them out."
        )
