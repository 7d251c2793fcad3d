"""What a training found: one sentence, the table behind it, the learning curve, the data."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui.markdown import plain
from pages.ui.tables import harmless_table
from rerank_core.evaluation.numbers import counted
from rerank_core.training.models.cross_encoder import agreement_sentence
from rerank_core.training.models.extras import OUT_OF_FOLD
from rerank_core.training.record import BLEND
from rerank_core.views.training import GAIN, curve_chart, loss_chart, training_frame, weights_frame


def show_sentence(found: dict[str, Any]) -> None:
    """The answer, as `training.record` wrote it, and what is missing of the data."""
    st.markdown(f"### {plain(found['sentence'])}")
    if found["data"]["missing"]:
        st.warning(plain(found["data"]["missing"]))


def show_figures(found: dict[str, Any]) -> None:
    """The table, the curve, the weights, and what was read."""
    number = st.column_config.NumberColumn
    st.dataframe(
        harmless_table(training_frame(found)),
        hide_index=True,
        width="stretch",
        placeholder="–",
        column_config={
            "System": st.column_config.TextColumn(pinned=True),
            found["measure"]: number(format="%.3f", help="On queries that the training did not see."),
            GAIN: number(format="%+.3f", help="What was trained, minus this system."),
        },
    )
    if found["kind"] != BLEND:
        _of_model(found)
        return
    left_out = f" {counted(found['left_out'], 'graded query lacks', 'graded queries lack')} a ranking." * bool(
        found["left_out"]
    )
    st.caption(
        f"{counted(len(found['qids']), 'graded query', 'graded queries')} in {found['folds']} folds (seed "
        f"{found['seed']}). The first stage, the way to fit and the weights of each fold were chosen without the "
        f"queries that it is measured on. Intervals are corrected for all rows.{left_out}"
    )
    for note in found["notes"]:
        st.caption(plain(note))
    _curve(found)
    with st.expander("What it learned from, and what it weighs"):
        st.markdown(plain(found["data"]["sentence"]))
        st.markdown(plain(f"Fitted to all grades: {found['choice']}."))
        st.dataframe(harmless_table(weights_frame(found)), hide_index=True)


def _curve(found: dict[str, Any]) -> None:
    st.subheader("Would more grades help?")
    st.markdown(plain(found["curve_sentence"]))
    st.altair_chart(curve_chart(found), width="stretch")


def _of_model(found: dict[str, Any]) -> None:
    st.caption(f"{_measured_on(found)} Best first stage: {plain(found['best'])}. Intervals are corrected for all rows.")
    for note in found["notes"]:
        st.caption(plain(note))
    if said := agreement_sentence(found.get("agreement")):
        st.markdown(plain(said))
    if "curve" in found:
        _curve(found)
        st.caption(
            "Each point is another model that orders BM25's first 20 passages of the held-out queries: its height is "
            "not that of the table."
        )
    if found["losses"]:
        st.subheader("Loss")
        st.altair_chart(loss_chart(found), width="stretch")
    with st.expander("What it learned from"):
        st.markdown(plain(found["data"]["sentence"]))
        st.markdown(plain(f"It read {found['read']}"))
        st.markdown(plain(", ".join(f"{name} {value:g}" for name, value in found["training"].items())))
        st.markdown(plain(f"A sentence-transformers folder with its model card: {found['folder']}"))


def _measured_on(found: dict[str, Any]) -> str:
    learned = counted(len(found["qids"]), "query", "queries")
    if OUT_OF_FOLD in found["extras"]:
        return (
            f"Measured on all {found['held']:,} graded queries, each by a model that has not seen it: four models, of "
            f"which you keep the first, which learned from {learned}."
        )
    return (
        f"Learned from {learned}, measured on {found['held']:,} others, which the model that you keep has not seen "
        "either."
    )
