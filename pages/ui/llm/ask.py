"""Asking a language model for grades: whom, for what, what is sent where, what it may cost; then start and stop."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import failures, state, work
from pages.ui.llm.model import choose_answer_tokens, choose_model
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.errors import SettingsError
from rerank_core.experiment.job_requests import LlmGradeRequest
from rerank_core.experiment.whole_set import WholeSet
from rerank_core.judging.llm.grading import pairs_of
from rerank_core.judging.llm.judge import MODEL, Judge, Work, make_judge, plan_work
from rerank_core.judging.llm.prompt import prompt_name
from rerank_core.rerankers.catalogue.pricing import ChatPrice
from rerank_core.store import jobs, scales
from rerank_core.store.jobs import Job
from rerank_core.store.workspace import Workspace

_HELP = {setting.name: setting.help for setting in MODEL.settings}
_DEFAULT = {setting.name: setting.default for setting in MODEL.settings}


def show(space: Workspace, view: View, whole: WholeSet) -> None:
    """The job that runs, with its bar; else the form, the plan and the button that starts it."""
    with space.open() as db:
        recent = jobs.recent(db, LlmGradeRequest.kind)
        scale = scales.get_scale(db, view.dataset.id)
    asked_here = [job for job in recent if _asked(job).dataset == view.dataset.name]
    if asked_here and asked_here[0].is_open:
        st.markdown(
            f"**Asking {plain(_asked(asked_here[0]).judge['model'])}.** You can leave this page: the work continues."
        )
        work.watch(space, [asked_here[0].id], lambda: None, seconds=1.0)
        return
    if asked_here:
        _ended(asked_here[0])
    given = _settings(dict(_asked(recent[0]).judge) if recent else {})
    first, graded = _which()
    try:
        judge = make_judge(given, scale)
    except SettingsError as error:
        st.error(plain(str(error)))
        return
    if not judge.settings["model"]:
        st.info("Enter the name of the model, as its service or server spells it.")
        return
    pairs = pairs_of(whole, first, graded)
    if not pairs:
        st.info("Nothing is ranked yet with these settings, so there is nothing to grade. Open **Compare** first.")
        return
    price = _price()
    retry = bool(state.take(state.LLM_RETRY))
    with space.open() as db:
        plan = plan_work(db, view.dataset.id, whole.queries, pairs, judge, retry, price)
    _progress(plan, judge, view)
    if plan.failed or retry:
        st.checkbox(f"Ask again about unusable answers ({plan.failed or 'included'})", key=state.LLM_RETRY)
    _start(space, plan, judge, LlmGradeRequest.of(view.experiment, first, graded, given, retry))
    _word_for_word(plan, judge)


def _settings(last: dict[str, Any]) -> dict[str, Any]:
    """The judge's settings from the form; what was used last stands in it at first."""
    start = {**_DEFAULT, **last}
    given: dict[str, Any] = {**choose_model(last)}
    with st.expander("Length of texts, speed, price"):
        words, answer, parallel = st.columns(3)
        bounds = {setting.name: (int(setting.low or 1), int(setting.high or 1)) for setting in MODEL.settings}
        for column, name, label, key_ in (
            (words, "max_words", "Words of a passage", state.LLM_WORDS),
            (parallel, "parallel", "Requests at a time", state.LLM_PARALLEL),
        ):
            given[name] = column.number_input(
                label, *bounds[name], start[name], 1, key=key_, help=_HELP[name], persist_state="session"
            )
        given["max_answer_tokens"] = choose_answer_tokens(answer, last)
        price_in, price_out, _ = st.columns(3)
        for column, label, key_ in (
            (price_in, "$ per million tokens sent", state.LLM_PRICE_IN),
            (price_out, "$ per million tokens generated", state.LLM_PRICE_OUT),
        ):
            column.number_input(
                label, 0.0, None, None, 0.1, key=key_, persist_state="session",
                placeholder="as known", help="Your price, if it is unknown here or differs.",
            )  # fmt: skip
    return given


def _which() -> tuple[int, bool]:
    first, graded = st.columns([2, 3], vertical_alignment="bottom")
    k = first.number_input("First passages of each system", 1, 100, 10, 1, key=state.LLM_FIRST, persist_state="session")
    also = graded.checkbox(
        "Also all that people graded",
        key=state.LLM_GRADED,
        persist_state="session",
        help="To measure how far it agrees with them.",
    )
    return int(k), bool(also)


def _price() -> ChatPrice | None:
    """The price that the person named; both halves are needed."""
    price_in, price_out = state.take(state.LLM_PRICE_IN), state.take(state.LLM_PRICE_OUT)
    return None if price_in is None or price_out is None else ChatPrice(price_in, price_out, "", "")


def _progress(plan: Work, judge: Judge, view: View) -> None:
    """What is sent, where to, and what that may cost."""
    asked = plan.questions
    if not asked:
        st.success(f"All {plan.graded + plan.failed:,} pairs have an answer by this model and prompt.")
        return
    queries, passages = len({one.qid for one in asked}), len({one.docid for one in asked})
    what = (
        f"**{_questions(plan)} to {plain(judge.host)}**, one per pair: the query, its note and the passage, "
        f"and the scale with its guidelines. In all {queries:,} queries and {passages:,} passages of "
        f"{plain(view.dataset.name)}."
    )
    if judge.stays_here:
        st.info(
            f"{what} The address is this machine's own: no text leaves it, unless what listens there sends it on.",
            icon=":material/computer:",
        )
    else:
        st.warning(f"{what} **These texts leave this machine.**", icon=":material/outbound:")
    guess = "as its answers so far" if plan.observed else "more for a model that thinks first"
    tokens = f"About {plan.input_tokens:,} tokens sent and {plan.output_tokens:,} generated ({guess})."
    if plan.usd is None:
        cost = "What that costs is not known for this model and address; your price goes under **Length of texts**."
    else:
        cost = f"**About \\${plan.usd:,.2f}**, at {plain(plan.price.text)}."
    st.markdown(f"{tokens} {cost}")
    if before := plan.graded + plan.failed:
        st.caption(f"{before:,} more pairs have an answer by this model and prompt; they are not asked again.")
    if cut := sum(1 for one in asked if one.cut):
        st.caption(f"{cut:,} passages are longer than {judge.prompt.max_words:,} words; their rest is not sent.")


def _word_for_word(plan: Work, judge: Judge) -> None:
    if not plan.questions:
        return
    with st.expander("The first request, word for word"):
        st.caption(
            f"Our own {prompt_name(judge.prompt.key)}: if a word of it or of the scale changes, everything is asked "
            "again."
        )
        st.code(judge.prompt.system, language=None, wrap_lines=True)
        st.code(plan.questions[0].message, language=None, wrap_lines=True)


def _start(space: Workspace, plan: Work, judge: Judge, request: LlmGradeRequest) -> None:
    now = judge.state
    if not now.ready:
        st.error(plain(now.detail), icon=":material/key:")
    st.button(
        f"Send {_questions(plan)} to {plain(judge.host)}",
        type="primary",
        disabled=not now.ready or not plan.questions,
        on_click=_submit,
        args=(space, request),
    )


def _questions(plan: Work) -> str:
    return f"{len(plan.questions):,} request{'' if len(plan.questions) == 1 else 's'}"


@failures.told
def _submit(space: Workspace, request: LlmGradeRequest) -> None:
    work.put_job(space, request)
    state.put(state.LLM_RETRY, False)


def _asked(job: Job) -> LlmGradeRequest:
    return LlmGradeRequest.from_json(job.params)


def _ended(job: Job) -> None:
    """How the last one ended."""
    if job.state == "failed":
        st.error(f"{plain(job.message)} Earlier answers are kept; the next start continues from there.")
    elif job.state == "cancelled":
        st.info("Stopped. The answers so far are kept; the next start continues from there.")
    else:
        done = job.result
        failed = done.get("failed", 0)
        listed = f" Unusable answers: {failed:,}, listed under **What its grades are worth**." if failed else ""
        st.success(f"{done.get('graded', 0):,} pairs graded by {plain(_asked(job).judge['model'])}.{listed}")
