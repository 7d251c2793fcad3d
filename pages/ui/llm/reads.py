"""What a language model would read for a query, before and after; and, where one is asked, what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import asked, state, work
from pages.ui.llm.model import choose_answer_tokens, choose_model
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.errors import SettingsError
from rerank_core.experiment.job_requests import LlmAnswersRequest
from rerank_core.experiment.one_query import load_comparison
from rerank_core.judging.llm.context import Context, ContextChange, context_change
from rerank_core.judging.llm.judge import state_of
from rerank_core.store import jobs
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc, Query


def show(space: Workspace, view: View, query: Query) -> None:
    """The contexts of the baseline and of a system beside each other, with their tokens and what came and went."""
    comparison = load_comparison(view.experiment, query)
    rankings = comparison.rankings
    labels = {
        system.id: system.label for system in view.systems if system.id in rankings and system.id != view.baseline
    }
    if view.baseline not in rankings or not labels:
        st.info("This needs the query ranked by two systems. Open it on **Compare** first.")
        return
    asked.check_system(state.READ_BY, labels)
    asked.check_number(state.READS, 1, 50, 5, "number of passages in the prompt")
    left, right = st.columns([2, 1])
    system = left.selectbox("After", list(labels), format_func=labels.get, key=state.READ_BY, bind="query-params")
    k = right.number_input("Passages in the prompt", 1, 50, 5, key=state.READS, bind="query-params")
    change = context_change(rankings[view.baseline], rankings[system], comparison.docs, int(k))
    _summary(change)
    names = {one.id: one.label for one in view.systems}
    columns = st.columns(2, gap="medium")
    _context(columns[0], f"Before: {names[view.baseline]}", change.before, change.lost, "only before", comparison.docs)
    _context(columns[1], f"After: {labels[system]}", change.after, change.gained, "only after", comparison.docs)
    with st.expander("Answers of a language model from both: downstream figures, not measures of the ranking"):
        _answers(space, view, query, [view.baseline, system], int(k), names)


def _summary(change: ContextChange) -> None:
    before, after = change.before.tokens, change.after.tokens
    st.markdown(
        f"**{len(change.gained)}** of {len(change.after.parts)} passages are new in the prompt, {len(change.lost)} are "
        f"gone. It takes **{after:,} tokens** in place of {before:,} ({after - before:+,})."
    )
    st.caption("Counted by the bundled MiniLM's tokenizer; a language model's own count differs.")


def _context(
    column: DeltaGenerator, title: str, context: Context, only_here: tuple[str, ...], mark: str, docs: Mapping[str, Doc]
) -> None:
    column.markdown(f"**{plain(title)}** · {context.tokens:,} tokens")
    for part in context.parts:
        box = column.container(border=True, gap=None)
        only = f" · :blue[● {mark}]" if part.docid in only_here else ""
        box.caption(f"{part.number}. {plain(docs[part.docid].title or part.docid)} · {part.tokens:,} tokens{only}")
        with box.expander(plain(" ".join(part.text.split())[:90]) + "…"):
            st.text(part.text)
    with column.expander("As it is sent"):
        st.code(context.text, language=None, wrap_lines=True)


def _answers(space: Workspace, view: View, query: Query, systems: list[str], k: int, names: Mapping[str, str]) -> None:
    with space.open() as db:
        before = jobs.recent(db, LlmAnswersRequest.kind)
    last = dict(LlmAnswersRequest.from_json(before[0].params).chat) if before else {}
    chat = {**choose_model(last), "max_answer_tokens": choose_answer_tokens(st.columns([2, 6])[0], last)}
    if not chat["model"]:
        st.info("Enter the name of the model, as its service or server spells it.")
        return
    request = LlmAnswersRequest.of(view.experiment, query, tuple(systems), k, chat)
    job = work.latest(space, request)
    if job is not None and job.is_open:
        work.watch(space, [job.id], lambda: None)
        return
    if job is not None and job.state == "failed":
        st.error(plain(job.message))
    try:
        now = state_of(chat)
    except SettingsError as error:
        st.error(plain(str(error)))
        return
    if not now.ready:
        st.error(plain(now.detail), icon=":material/key:")
    st.caption(
        f"Eight requests go to {plain(chat['base_url'])}: the query, and these passages. The same model writes the "
        "answer and judges it, so take its figures as its own opinion."
    )
    st.button("Ask for both answers", disabled=not now.ready, on_click=work.ask, args=(space, request, True))
    if job is not None and job.state == "done":
        for column, system in zip(st.columns(2, gap="medium"), systems, strict=True):
            with column.container(border=True):
                st.markdown(f"**{plain(names[system])}**")
                _answer(job.result[system])


def _answer(answer: Mapping[str, Any]) -> None:
    if "problem" in answer:
        st.error(plain(answer["problem"]))
        return
    st.text(answer["answer"])
    left, right = st.columns(2)
    left.metric(
        "Faithfulness",
        _share(answer["faithfulness"]),
        help="The share of the answer's statements that the context supports.",
    )
    right.metric("Context precision", _share(answer["context_precision"]), help="How high the useful passages stand.")
    for text, supported in answer["statements"]:
        st.caption(f"{'✓ in the context' if supported else '✗ not in the context'}: {plain(text)}")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
