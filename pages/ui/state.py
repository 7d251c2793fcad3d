"""The only session_state keys, and the functions that read and write them.

Keys of widgets that make up a view are also its query parameters, so they are short: a view is a link.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

# the view: on every page that shows results; each is a query parameter of the link
DATASET = "ds"
QUERY = "q"
SYSTEMS = "sys"
BASELINE = "base"
DEPTH = "depth"
SHOWN = "top"
LEVEL = "rel"
RETRIEVERS = "ret"
FUSION = "fuse"
DENSE_WEIGHT = "w"
LANGUAGE = "lang"
CUTTING = "cut"
FILTER_FIELD = "ff"
FILTER_VALUES = "fv"

# who judges, and a query that was typed
JUDGE = "judge"
NOBODY = "me"  # the judge's name where nobody gave one
TYPED = "typed_query"

# Compare
BOARD = "board"

# Evaluate
SECTION = "part"
MEASURES = "m"
PRICE = "usd"
COMPARED = "of"
EXPLAINED = "why"
EXPLAINED_QUERY = "wq"
DEEPENED = "deep"
EXPORTED = "out"
OWN_LEFT_OUT = "noself"
SLICES = "only"
ORDER = "by_difference"
HEAT = "heat"
HEAT_ORDER = "heat_by"
SCORED = "scored"
FIRST = "first"

# Data
IMPORT_JOB = "import_job"
CHANGE_JOB = "change_job"

# Rerankers
VARIANT_OF = "variant_of"
VARIANT_SAVED = "variant_saved"
FAMILY = "new_family"
MODEL = "new_model"
ADDED = "added"
KIND = "kind"
SAVED = "saved"

# Inspect
INSPECTED = "by"
PASSAGE = "doc"
READS = "reads"
READ_BY = "reader"
TOP_K = "tk"
TARGET = "tp"

# Label
LABEL = "label"
NEW_JUDGE = "new_judge"
SHOW_RANK = "rank"
SETUP = "setup"

# Agreement
AGREEING = "who"
AGREEMENT_PART = "agree"
AGREEMENT_ERROR = "agreement_error"
SETTLED_TOO = "settled"
REASON = "reason"
HISTORY_JUDGES = "hist_by"
HISTORY_KINDS = "hist_what"
HISTORY_SOURCES = "hist_from"
HISTORY_WORDS = "hist_has"

# LLM grades
LLM_PART = "llm"
LLM_ADDRESS = "llm_address"
LLM_MODEL = "llm_model"
LLM_KEY = "llm_key"
LLM_RETRY = "llm_retry"
LLM_FIRST = "llm_first"
LLM_GRADED = "llm_graded"
LLM_WORDS = "llm_words"
LLM_ANSWER = "llm_answer"
LLM_PARALLEL = "llm_parallel"
LLM_PRICE_IN = "llm_price_in"
LLM_PRICE_OUT = "llm_price_out"
LLM_JUDGE = "llm_judge"
LLM_PAIRS = "llm_pairs"

# Present
STORY = "story"
PRESENTED = "present"

# what comes along from page to page
PAGE = "page"
REMEMBERED = "remembered"
LINKED = "linked"

VIEW = (
    *(DATASET, SYSTEMS, BASELINE, DEPTH, SHOWN, LEVEL),
    *(RETRIEVERS, FUSION, DENSE_WEIGHT, LANGUAGE, CUTTING, FILTER_FIELD, FILTER_VALUES),
)


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
