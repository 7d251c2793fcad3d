"""The answer of a search: one sentence, one picture, the table behind them, and the five questions."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import state
from pages.ui.markdown import plain
from pages.ui.tables import harmless_table
from rerank_core.evaluation.numbers import figure, share
from rerank_core.tuning.questions import known_cases
from rerank_core.views.tuning import tuning_chart, tuning_frame

_SIGNS = {True: "✓ speaks for reranking", False: "✗ speaks against it", None: "– says neither"}


def show_sentence(found: dict[str, Any]) -> None:
    """The answer, as `tuning.record` wrote it."""
    st.markdown(f"### {plain(found['sentence'])}")


def show_figures(found: dict[str, Any]) -> None:
    """The other systems' answers, the picture, the table, the floors, the questions."""
    for sentence in found["sentences"].values():
        if sentence != found["sentence"]:
            st.markdown(plain(sentence))
    for sentence in found.get("worth", ()):
        st.markdown(plain(sentence))
    if len(found["rows"]) > 1:
        st.altair_chart(tuning_chart(found), width="stretch")
        st.caption(
            f"Points: the held-out difference from the tuned first stage, in {found['measure']}, with its 95 % "
            "interval. Grey: how far the best of these systems gets by chance alone, if none of them differs."
        )
    number = st.column_config.NumberColumn
    st.dataframe(
        harmless_table(tuning_frame(found)),
        hide_index=True,
        width="stretch",
        placeholder="–",
        column_config={
            "System": st.column_config.TextColumn(pinned=True),
            "As set before": number(format="%.3f", help="With the settings in the sidebar."),
            "Promised": number(format="%.3f", help="On the queries that chose the settings: too good."),
            "Held out": number(format="%.3f", help="On queries that the search did not see: what to expect."),
            "Gain kept": number(format="percent", help="The share of the promised gain that holds."),
            "Difference": number(format="%+.3f", help="Held out, from the tuned first stage."),
            "Holds in": number(format="percent", help="The share of the splits with this sign."),
            "Same choice": number(format="percent", help="The share of the splits that chose the best setting."),
            "ms": number(format="%.0f", help="Of the reranking, per query."),
        },
    )
    _caption(found)
    _floors(found)
    st.subheader("Does reranking make sense here?")
    for question in found["questions"]:
        said = f"{plain(question['answer'])}  \n{_SIGNS[question['speaks_for']]}"
        st.markdown(f"**{plain(question['question'])}** {said}")
    if found.get("facts"):
        _known_cases(found)


def _known_cases(found: dict[str, Any]) -> None:
    st.subheader("Known cases against reranking")
    ms = next((row["ms"] for row in found["rows"][1:]), None)
    for case in known_cases(found["facts"], ms, state.take(state.TUNED_LIMIT)):
        said = "✗ speaks against it" if case.speaks_for is False else "– does not apply"
        st.markdown(f"**{plain(case.question)}** {plain(case.answer)}  \n{said}")


def _floors(found: dict[str, Any]) -> None:
    """What a floor of each best setting does on queries that did not choose it."""
    rows = [row for row in found["rows"] if row.get("floor")]
    for row in rows:
        floor = row["floor"]
        reached = "nothing graded was shown" if floor["precision"] is None else share(floor["precision"])
        st.markdown(
            f"**{plain(row['label'])}, nothing below {floor['floor']:.4g}**: on queries that the search did not see, "
            f"{reached} of what is shown and graded is relevant (promised {share(floor['promised'])}), and "
            f"{share(floor['answered'])} of the queries still get an answer. {found['measure']} counts what is left "
            f"out as not found: {figure(floor['value'])}, without a floor {figure(floor['plain'])}."
        )
    if rows:
        st.caption("Relevant of the first passages that are graded, all queries together; ungraded ones are left out.")


def _caption(found: dict[str, Any]) -> None:
    left_out = f" {found['left_out']:,} graded queries lack a list or a score." if found["left_out"] else ""
    st.caption(
        f"{found['queries']:,} graded queries, halved {found['splits']:,} times (seed {found['seed']}). Intervals "
        f"count the overlap of the halves, and are corrected for all systems of the table.{left_out}"
    )
