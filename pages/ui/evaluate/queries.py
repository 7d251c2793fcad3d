"""One system against the baseline, query by query: sorted bars, biggest wins and losses, how far passages moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.ui import asked, state
from pages.ui.evaluate import cache
from pages.ui.evaluate.cards import cards, compare_addresses
from pages.ui.markdown import plain
from pages.ui.tables import written_table
from pages.ui.view import View
from rerank_core.evaluation.difference import PERSISTENCE, rbo_weight
from rerank_core.evaluation.numbers import count, figure, share, signed
from rerank_core.evaluation.rank_changes import rank_changes
from rerank_core.experiment.differences import By, QueryDifference, most_different_first
from rerank_core.experiment.figures import Figures
from rerank_core.experiment.summary import SystemSummary
from rerank_core.store.workspace import Workspace
from rerank_core.views.differences import biggest, differences_chart, differences_frame
from rerank_core.views.documents import changes_chart
from rerank_core.views.likeness import NAMES, distance_chart, likeness, likeness_frame

SIDES = {"won": "Biggest wins", "lost": "Biggest losses"}


def show(space: Workspace, view: View, figures: Figures) -> None:
    """The bars, and the queries where the two differ most, each with a way to Compare."""
    left, right = st.columns([2, 3])
    with left:
        chosen = choose_system(figures)
    if chosen is None or chosen.comparison is None:
        return
    with right:
        by = choose_order(figures, state.ORDER)
    differences = cache.all_differences(figures)[chosen.system]
    summary, comparison = figures.summary, chosen.comparison
    ours, base = summary.per_query[chosen.system], summary.per_query[view.baseline]
    frame = differences_frame(comparison.deltas, ours, base, figures.whole.queries)
    table = likeness_frame(frame, differences, most_different_first([differences], by), summary.k)
    if by == "delta":
        st.altair_chart(
            differences_chart(frame, summary.headline, comparison.system, comparison.baseline), width="stretch"
        )
    else:
        st.altair_chart(distance_chart(table, by, summary.k), width="stretch")
        st.caption(_meaning(by, summary.k))
        _most_different(space, view, figures, chosen.system, differences, by)
    heads = {qid: f"{signed(delta)} {summary.headline}" for qid, delta in comparison.deltas.items()}
    for column, (outcome, title) in zip(st.columns(2, gap="medium"), SIDES.items(), strict=True):
        with column:
            st.markdown(f"**{title}**: open one on Compare")
            qids = biggest(frame, outcome)
            if not qids:
                st.caption("None.")
            cards(space, view, figures, chosen.system, qids, heads)
    _all(figures, table)
    _distances(view, figures, chosen)


def choose_system(figures: Figures) -> SystemSummary | None:
    """One of the systems that are compared with the baseline; None, said so, where there is none."""
    compared = {row.system: row for row in figures.summary.systems if row.comparison is not None and row.comparison.n}
    if not compared:
        st.info("No system can be compared with the baseline yet.")
        return None
    asked.check_system(
        state.COMPARED, {system: row.label for system, row in compared.items()}, "system to compare with"
    )
    chosen = st.selectbox(
        "System, against the baseline",
        list(compared),
        format_func=lambda system: compared[system].label,
        key=state.COMPARED,
        bind="query-params",
    )
    return compared[chosen]


def choose_order(figures: Figures, key: str) -> By:
    """By what queries are ordered: how much the measure differs, or how much the rankings do."""
    names = {**NAMES, "delta": f"Change in {figures.summary.headline}", "jaccard": f"Jaccard@{figures.summary.k}"}
    asked.check(key, names.values(), "order of queries")
    chosen = st.segmented_control(
        "Most different first, by",
        list(names),
        format_func=names.get,
        default="delta",
        required=True,
        key=key,
        bind="query-params",
        help="The measure shows which system is better; the other three show how far apart the two orders are, with "
        "or without grades.",
    )
    return chosen or "delta"


def _meaning(by: By, k: int) -> str:
    """What the bars are, in one line."""
    return {
        "rbo": f"1 minus rank-biased overlap (p = {PERSISTENCE}: the first 10 places have {share(rbo_weight(10))} of "
        "the weight). 0: the same order; 1: nothing in common.",
        "tau_ap": "1 minus the AP correlation with the baseline's order; mistakes at the top weigh most. 0: the same "
        "order; 1: no relation; 2: the reverse.",
        "jaccard": f"1 minus the share of passages that both have in their first {k}, in any order.",
    }.get(by, "")


def _most_different(
    space: Workspace, view: View, figures: Figures, system: str, differences: Mapping[str, QueryDifference], by: By
) -> None:
    qids = most_different_first([differences], by)[:4]
    st.markdown("**The orders differ most here**")
    heads = {
        qid: f"{likeness(differences[qid], by, figures.summary.k)} · {signed(differences[qid].delta)}" for qid in qids
    }
    for column, part in zip(st.columns(2, gap="medium"), (qids[::2], qids[1::2]), strict=True):
        with column:
            cards(space, view, figures, system, part, heads)


def _all(figures: Figures, table: Any) -> None:
    with st.expander(f"All {count(len(table))} queries, the most different first"):
        links = compare_addresses(figures.whole.queries, table["qid"].tolist())
        st.dataframe(
            written_table(
                table.assign(open=table["qid"].map(links)),
                {
                    "difference": signed,
                    **dict.fromkeys(("system", "baseline", "RBO", "τ-AP", f"Jaccard@{figures.summary.k}"), figure),
                },
            ),
            hide_index=True,
            width="stretch",
            placeholder="–",
            column_config={
                "query": st.column_config.TextColumn(width="large"),
                "open": st.column_config.LinkColumn(display_text="Compare"),
            },
        )


def _distances(view: View, figures: Figures, row: SystemSummary) -> None:
    """How far passages moved, over all compared queries."""
    whole, k = figures.whole, figures.summary.k
    before, after = whole.rankings(view.baseline), whole.rankings(row.system)
    pairs = [(before[qid].docids, after[qid].docids, whole.qrels[qid]) for qid in row.comparison.deltas]
    changes = rank_changes(pairs, view.level, k)
    st.markdown(f"**How far passages moved**, from the baseline to {plain(row.label)}")
    st.altair_chart(changes_chart(changes), width="stretch")
    gone = f" {count(changes.gone)} more are in only one of the two rankings." if changes.gone else ""
    st.caption(f"The passages in the first {k} of either, over {count(changes.queries)} queries.{gone}")
