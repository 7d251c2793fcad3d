"""What the page Evaluate is over: measures, slices, the margin, the server's price. Folded, named by what is chosen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import asked, state
from pages.ui.evaluate import slices
from pages.ui.evaluate.cache import whole_set
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.errors import BadInputError, RerankLensError
from rerank_core.evaluation.names import Measure, parse_measure
from rerank_core.evaluation.numbers import count
from rerank_core.experiment.margin import margin_of, set_margin
from rerank_core.experiment.summary import own_passages_sentence
from rerank_core.store.workspace import Workspace

DEFAULT = ("nDCG@10", "RR@10", "P@5")
OFFERED = ("nDCG@10", "RR@10", "AP", "P@5", "R@100", "Success@10", "Bpref", "nDCG", "nDCG_exp@10", "nDCG_condensed@10")


@dataclass(frozen=True, slots=True)
class Choices:
    """`measures`: the headline first. `price`: of a server's hour in US dollars, None: not known. `only`: slices."""

    measures: list[Measure]
    price: float | None
    only: tuple[str, ...]
    own_left_out: bool


def choose(space: Workspace, view: View) -> Choices:
    """Draw the choices, folded, and return them."""
    margin = margin_of(space, view.dataset)
    headline = (state.take(state.MEASURES) or DEFAULT)[0]
    only = state.take(state.SLICES) or ()
    over = ", ".join(only) if only else "all queries"
    with st.expander(plain(f"Compared on {headline}, over {over}; margin {margin:g}"), icon=":material/tune:"):
        left, middle, right, last = st.columns([4, 3, 1.5, 1.5], vertical_alignment="bottom")
        measures, price = _choose_measures(left), _choose_price(last)
        with middle:
            chosen = slices.choose_slices(space, view)
        _choose_margin(space, view, right, margin)
        own_left_out = _choose_own_passages(view)
    return Choices(measures, price, chosen, own_left_out)


def _choose_margin(space: Workspace, view: View, column: DeltaGenerator, margin: float) -> None:
    key = f"{state.MARGIN}_{view.dataset.id}"
    column.number_input(
        "Smallest difference that matters",
        min_value=0.001,
        max_value=1.0,
        value=margin,
        step=0.005,
        format="%.3f",
        key=key,
        on_change=_set_margin,
        args=(space, view, key),
        disabled=bool(space.why_only_read()),
        help="Your margin, on the measure that systems are compared on. Kept for this dataset, for everybody. "
        "Two systems are equal within it where a larger difference is ruled out.",
    )


def _set_margin(space: Workspace, view: View, key: str) -> None:
    try:
        set_margin(space, view.dataset, float(state.take(key)))
    except RerankLensError as error:
        st.error(plain(str(error)))


def _choose_price(column: DeltaGenerator) -> float | None:
    """What an hour of the server costs that the local models were timed on; None where nobody said."""
    asked.check_number(state.PRICE, 0, math.inf, None, "price of a server")
    return column.number_input(
        "Server price ($/hour)",
        min_value=0.0,
        value=None,
        step=0.1,
        key=state.PRICE,
        bind="query-params",
        placeholder="not known",
        help="What the server costs that local models were timed on. 1,000 queries then cost this price over the "
        "measured time, if it is never idle.",
    )


def _choose_measures(column: DeltaGenerator) -> list[Measure]:
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


def _choose_own_passages(view: View) -> bool:
    """Whether the figures are without the passages that have their query's own id; asked only where there are some."""
    own_passages = whole_set(view.experiment)[0].own_passages
    if not own_passages_sentence(own_passages, view.dataset):
        return False
    asked.check_switch(state.OWN_LEFT_OUT, "choice to leave passages out")
    return st.checkbox(
        f"Leave out the passage with the query's own id ({count(len(own_passages))} queries)",
        key=state.OWN_LEFT_OUT,
        bind="query-params",
        help="Where queries are passages of the corpus (ArguAna, Quora), each query finds its own passage. BEIR "
        "leaves that passage out. Applies to every figure on this page except the recall of the candidates; the "
        "other pages count the passage.",
    )
