"""The only session_state keys, and the functions that read and write them.

Keys of widgets that make up a view are also its query parameters, so they are short: a view is a link.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

DATASET, QUERY, SYSTEMS, BASELINE = "ds", "q", "sys", "base"
DEPTH, SHOWN, LEVEL = "depth", "top", "rel"
RETRIEVERS, FUSION, DENSE_WEIGHT, LANGUAGE, CUTTING = "ret", "fuse", "w", "lang", "cut"
JUDGE, TYPED = "judge", "typed_query"
NOBODY = "me"  # the judge's name where nobody gave one
FILTER_FIELD, FILTER_VALUES = "ff", "fv"
INSPECTED, PASSAGE = "by", "doc"
MEASURES, PRICE, SECTION = "m", "usd", "part"
COMPARED, EXPLAINED, EXPLAINED_QUERY, DEEPENED = "of", "why", "wq", "deep"
EXPORTED = "out"
OWN_LEFT_OUT = "noself"
SLICES, ORDER, HEAT, HEAT_ORDER = "only", "by_difference", "heat", "heat_by"
SCORED, TOP_K, TARGET, FIRST = "scored", "tk", "tp", "first"
BOARD = "board"
LABEL, NEW_JUDGE, SHOW_RANK, SETUP = "label", "new_judge", "rank", "setup"
STORY, PRESENTED = "story", "present"
READS, READ_BY = "reads", "reader"
AGREEING, AGREEMENT_PART, AGREEMENT_ERROR, SETTLED_TOO, REASON = "who", "agree", "agreement_error", "settled", "reason"
HISTORY_JUDGES, HISTORY_KINDS, HISTORY_SOURCES, HISTORY_WORDS = "hist_by", "hist_what", "hist_from", "hist_has"
PAGE, REMEMBERED, LINKED = "page", "remembered", "linked"
VIEW = (
    *(DATASET, SYSTEMS, BASELINE, DEPTH, SHOWN, LEVEL),
    *(RETRIEVERS, FUSION, DENSE_WEIGHT, LANGUAGE, CUTTING, FILTER_FIELD, FILTER_VALUES),
)
IMPORT_JOB, CHANGE_JOB = "import_job", "change_job"
KIND, SAVED = "kind", "saved"
VARIANT_OF, VARIANT_SAVED = "variant_of", "variant_saved"
LLM_ADDRESS, LLM_MODEL, LLM_KEY, LLM_RETRY = "llm_address", "llm_model", "llm_key", "llm_retry"
LLM_FIRST, LLM_GRADED, LLM_WORDS, LLM_ANSWER = "llm_first", "llm_graded", "llm_words", "llm_answer"
LLM_PARALLEL, LLM_PRICE_IN, LLM_PRICE_OUT = "llm_parallel", "llm_price_in", "llm_price_out"
LLM_PART, LLM_JUDGE, LLM_PAIRS = "llm", "llm_judge", "llm_pairs"
FAMILY, MODEL, ADDED = "new_family", "new_model", "added"


def put(key: str, value: Any) -> None:
    """Set a widget's value from a callback, or a value that only code uses."""
    st.session_state[key] = value


def take(key: str) -> Any:
    """The value of a key (None: not there yet)."""
    return st.session_state.get(key)


def pop(key: str) -> Any:
    """A value, taken out (None: not there)."""
    return st.session_state.pop(key, None)


def enter(page: str) -> None:
    """To be called first on each page: on a change of page the view comes along, as Streamlit drops it.

    What the link says wins.
    """
    if take(PAGE) != page:
        for key, value in (take(REMEMBERED) or {}).items():
            if key not in st.query_params:
                put(key, value)
    put(PAGE, page)


def remember_view() -> None:
    """Keep the values of the view's widgets, and how a link says them; to be called after them.

    What came along from another page is not in the address until somebody changes it, but it belongs into a link.
    """
    values, texts = take(REMEMBERED) or {}, take(LINKED) or {}
    now = {key: st.session_state[key] for key in VIEW if key in st.session_state}
    linked = {key: texts[key] for key, value in now.items() if key in texts and values.get(key) == value}
    put(LINKED, linked | {key: st.query_params.get_all(key) for key in VIEW if key in st.query_params})
    put(REMEMBERED, now)


def link() -> dict[str, list[str]]:
    """The query parameters of this view, to go into a link to another page; a default has none.

    A judge who gave a name keeps it: a link of this app loads the page anew.
    """
    named = str(take(JUDGE) or "").strip()
    return {**(take(LINKED) or {}), **({JUDGE: [named]} if named not in ("", NOBODY) else {})}
