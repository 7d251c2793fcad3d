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
BOARD = "board"
IMPORT_JOB = "import_job"


def put(key: str, value: Any) -> None:
    """Set a widget's value from a callback, or a value that only code uses."""
    st.session_state[key] = value


def take(key: str) -> Any:
    """The value of a key (None: not there yet)."""
    return st.session_state.get(key)
