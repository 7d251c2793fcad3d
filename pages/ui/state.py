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
MEASURES, SECTION, COMPARED, EXPLAINED, EXPLAINED_QUERY = "m", "part", "of", "why", "wq"
BOARD = "board"
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


def link() -> dict[str, list[str]]:
    """The query parameters of this view, to go into a link to another page; a default has none."""
    view = (DATASET, SYSTEMS, BASELINE, DEPTH, SHOWN, LEVEL, RETRIEVERS, FUSION, DENSE_WEIGHT)
    return {name: st.query_params.get_all(name) for name in view if name in st.query_params}
