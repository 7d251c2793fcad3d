"""The only session_state keys, and the functions that read and write them.

Keys of widgets that make up a view are also its query parameters, so they are short: a view is a link.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

DATASET, QUERY, SYSTEMS, BASELINE = "ds", "q", "sys", "base"
DEPTH, SHOWN, LEVEL = "depth", "top", "rel"
RETRIEVERS, FUSION, DENSE_WEIGHT = "ret", "fuse", "w"
JUDGE, TYPED = "judge", "typed_query"
FILTER_FIELD, FILTER_VALUES = "ff", "fv"
INSPECTED, PASSAGE = "by", "doc"
MEASURES, PRICE, SECTION = "m", "usd", "part"
COMPARED, EXPLAINED, EXPLAINED_QUERY, DEEPENED = "of", "why", "wq", "deep"
BOARD = "board"
PAGE, REMEMBERED = "page", "remembered"
VIEW = (DATASET, SYSTEMS, BASELINE, DEPTH, SHOWN, LEVEL, RETRIEVERS, FUSION, DENSE_WEIGHT, FILTER_FIELD, FILTER_VALUES)
IMPORT_JOB = "import_job"
KIND, SAVED = "kind", "saved"
VARIANT_OF, VARIANT_SAVED = "variant_of", "variant_saved"
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
    """Keep the values of the view's widgets; to be called after them."""
    put(REMEMBERED, {key: st.session_state[key] for key in VIEW if key in st.session_state})


def link() -> dict[str, list[str]]:
    """The query parameters of this view, to go into a link to another page; a default has none."""
    return {name: st.query_params.get_all(name) for name in VIEW if name in st.query_params}
