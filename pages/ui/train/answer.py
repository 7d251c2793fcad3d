"""What a training found: one sentence, the table behind it, the learning curve, the data."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui.markdown import plain
from pages.ui.tables import harmless_table
from rerank_core.evaluation.numbers import counted
from rerank_core.training.encoder import ENCODER
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
    if found["kind"] == ENCODER:
        _of_encoder(found)
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
    st.subheader("Would more grades help?")
    st.markdown(plain(found["curve_sentence"]))
    st.altair_chart(curve_chart(found), width="stretch")
    with st.expander("What it learned from, and what it weighs"):
        st.markdown(plain(found["data"]["sentence"]))
        st.markdown(plain(f"Fitted to all grades: {found['choice']}."))
        st.dataframe(harmless_table(weights_frame(found)), hide_index=True)


def _of_encoder(found: dict[str, Any]) -> None:
    how = found["training"]
    st.caption(
        f"Learned from {counted(len(found['qids']), 'query', 'queries')}, measured on {found['held']:,} others, which "
        f"the model that you keep has not seen either. {found['triples']:,} triples, {found['weak']:,} with a weak "
        f"negative; {how['epochs']} epochs, batches of {how['batch']}, rate {how['rate']:g}, seed {how['seed']}. Best "
        f"first stage: {plain(found['best'])}. Intervals are corrected for all rows."
    )
    if found["losses"]:
        st.subheader("Loss")
        st.altair_chart(loss_chart(found), width="stretch")
    with st.expander("What it learned from"):
        st.markdown(plain(found["data"]["sentence"]))
        st.markdown(plain(f"A sentence-transformers folder with its model card: {found['folder']}"))
