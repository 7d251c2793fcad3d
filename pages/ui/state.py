"""The only session_state keys, and the functions that read and write them.

Keys of widgets that make up a view are also its query parameters, so they are short: a view is a link.
"""

from __future__ import annotations

import streamlit as st

DATASET, QUERY, SYSTEMS, BASELINE = "ds", "q", "sys", "base"
DEPTH, SHOWN, LEVEL = "depth", "top", "rel"
RETRIEVERS, FUSION, DENSE_WEIGHT = "ret", "fuse", "w"
JUDGE, TYPED = "judge", "typed_query"
FILTER_FIELD, FILTER_VALUES = "ff", "fv"
BOARD = "board"


def put(key: str, value: object) -> None:
    """Set a widget's value from a callback."""
    st.session_state[key] = value


def take(key: str) -> object:
    """A widget's value (None: not there yet)."""
    return st.session_state.get(key)
