"""What a language model's grades are worth: against people's, and for the verdict; its failures; the spot check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.ui import asked, state
from pages.ui.doors import page_link
from pages.ui.evaluate import cache
from pages.ui.evaluate.cache import Stamp
from pages.ui.markdown import plain
from pages.ui.tables import harmless_table
from pages.ui.view import MEASURES, View
from rerank_core.evaluation.names import parse_measure
from rerank_core.experiment.whole_set import WholeSet
from rerank_core.judging.llm.figures import (
    FILLED,
    LLM,
    PEOPLE,
    Confusion,
    Side,
    confusion,
    graded_by_llm,
    grades_of,
    kappa_sentence,
    spot_sample,
)
from rerank_core.judging.llm.prompt import prompt_name
from rerank_core.store import llm_grades
from rerank_core.store.llm_grades import LlmGrade, LlmJudge, Pair
from rerank_core.store.workspace import Workspace
from rerank_core.views.llm_grades import (
    confusion_chart,
    confusion_frame,
    failures_frame,
    sides_chart,
    sides_frame,
)
from rerank_core.views.summary import DIFFERENCE, P, word

ASK, WORTH = "Ask a language model", "What its grades are worth"
ALL, SPOT = "All pairs that both graded", "Only the spot check"


def choose_part() -> str:
    """Which half of the page is shown; the link keeps it."""
    asked.check(state.LLM_PART, (ASK, WORTH), "part of this page")
    return st.segmented_control(
        "Show",
        [ASK, WORTH],
        default=ASK,
        required=True,
        key=state.LLM_PART,
        bind="query-params",
        label_visibility="collapsed",
    )


def show(space: Workspace, view: View, whole: WholeSet, stamp: Stamp) -> None:
    """Choose one of the LLM judges of this dataset, and see."""
    by_judge = graded_by_llm(space, view.dataset)
    if not by_judge:
        st.info("This dataset has no grades by a language model yet.")
        return
    judges = {_name(judge): judge for judge in by_judge}
    chosen = st.selectbox(
        "Graded by",
        list(judges),
        key=state.LLM_JUDGE,
        help="The model, its address and the prompt: another prompt or another scale is another judge.",
    )
    judge = judges[chosen]
    answers = by_judge[judge]
    graded = grades_of(answers)
    sample = spot_sample(list(graded))
    _counts(answers, graded, whole, sample)
    _agreement(view, graded, whole, sample)
    _spot_check(sample, whole)
    with space.open() as db:
        newest = llm_grades.last_change(db)
    if graded:
        measure = parse_measure(MEASURES[0])
        both = cache.llm_sides((*stamp, newest), view.experiment, whole, judge, graded, measure)
        _verdicts(both, view, str(measure))
    _failures(answers, whole)


def _name(judge: LlmJudge) -> str:
    return f"{judge.model} · {prompt_name(judge.prompt)}"


def _counts(
    answers: Mapping[Pair, LlmGrade], graded: Mapping[Pair, int], whole: WholeSet, sample: Sequence[Pair]
) -> None:
    people = sum(docid in whole.qrels.get(qid, {}) for qid, docid in graded)
    tokens = [(answer.input_tokens or 0) + (answer.output_tokens or 0) for answer in answers.values()]
    columns = st.columns(4)
    columns[0].metric("Pairs it graded", f"{len(graded):,}")
    columns[1].metric("Of these graded by people", f"{people:,}")
    columns[2].metric("Unusable answers", f"{len(answers) - len(graded):,}")
    columns[3].metric("Tokens it took", f"{sum(tokens):,}" if any(tokens) else "not told")


def _agreement(view: View, graded: Mapping[Pair, int], whole: WholeSet, sample: Sequence[Pair]) -> None:
    st.subheader("Does it agree with people?")
    pairs = st.segmented_control("Over", [ALL, SPOT], default=ALL, required=True, key=state.LLM_PAIRS)
    confused = confusion(graded, whole.qrels, set(sample) if pairs == SPOT else None)
    if not confused.n:
        st.info(
            "No pair has both an LLM's and a person's grade yet: grade some of its pairs, or let it grade what people "
            "graded."
        )
        return
    left, right = st.columns([3, 2], gap="large")
    left.altair_chart(confusion_chart(confusion_frame(confused, view.dataset.scale)), width="stretch")
    with right:
        _in_words(confused, pairs == SPOT)


def _in_words(confused: Confusion, spot: bool) -> None:
    st.markdown(f"**The same grade on {confused.same:,} of {confused.n:,} pairs ({confused.same / confused.n:.0%}).**")
    for sentence in kappa_sentence(confused):
        st.markdown(plain(sentence))
    which = (
        "The pairs of the spot check are drawn at random from all that it graded: these figures hold for all of them."
        if spot
        else "People choose what they grade, so these figures may be too good or too bad; only the spot check is fair."
    )
    st.caption(
        f"Dark: a large share of the pairs to which people gave that grade. Framed: both gave the same grade. {which}"
    )


def _spot_check(sample: Sequence[Pair], whole: WholeSet) -> None:
    done = sum(docid in whole.qrels.get(qid, {}) for qid, docid in sample)
    st.markdown(
        f"**Spot check:** {done:,} of {len(sample):,} pairs are graded by a person. They are a fifth of what it "
        "graded, drawn at random, for a person to grade without seeing its grade. They come first on **Label**."
    )
    if done < len(sample):
        page_link("Label", "Grade them on Label", icon=":material/arrow_forward:")


def _verdicts(found: Sequence[Side], view: View, measure: str) -> None:
    st.subheader("Would it change the verdict?")
    by = {side.by: side for side in found}
    frame = sides_frame(found)
    for system in by[PEOPLE].comparisons:
        words = {name: word(by[name].comparisons[system]) for name in (PEOPLE, FILLED, LLM)}
        label = next(each.label for each in view.systems if each.id == system)
        if len(set(words.values())) == 1:
            said = f"the same by all three: **{words[PEOPLE]}**"
        else:
            said = "**it changes**: " + ", ".join(f"{said} by {name}" for name, said in words.items())
        st.markdown(f"- {plain(label)}: {said}.")
    if not by[PEOPLE].comparisons:
        st.info("A comparison needs two systems: choose another one in the sidebar.")
        return
    if frame[DIFFERENCE].notna().any():
        baseline = next(each.label for each in view.systems if each.id == view.baseline)
        st.altair_chart(sides_chart(frame, measure, baseline), width="stretch")
    figure = st.column_config.NumberColumn
    st.dataframe(
        harmless_table(frame.drop(columns=["low", "high"])),
        hide_index=True,
        width="stretch",
        placeholder="–",
        column_config={
            DIFFERENCE: figure(format="%+.4f", help=f"Mean difference in {measure} from the baseline."),
            P: figure(format="%.4f", help="Paired randomisation test, corrected for all systems in this table."),
            "Queries": figure(help="Over how many queries: those that have such a grade and that all have ranked."),
        },
    )
    st.caption(
        "Ungraded passages count as not relevant, in each row by its own grades. An interval shows how much queries "
        "differ; it does not show how often the LLM is wrong; the first table does."
    )


def _failures(answers: Mapping[Pair, LlmGrade], whole: WholeSet) -> None:
    frame = failures_frame(answers, whole.queries)
    if not frame.empty:
        with st.expander(f"Unusable answers: {len(frame):,}"):
            st.dataframe(harmless_table(frame), hide_index=True, width="stretch")
            st.caption(f"None of them counts as a grade. To ask again, tick the box under **{ASK}**.")
