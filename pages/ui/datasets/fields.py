"""The inputs that say how files of passages are read, as the import and the change of passages share them."""

from __future__ import annotations

from typing import Any

import streamlit as st

CUT = ("texts", "a text")
"""What the preview calls files that are cut into passages."""


def cutting(key: str) -> dict[str, Any]:
    """How texts are cut, as values of `ImportOptions`. `key`: the form's own, so that its inputs are."""
    left, right = st.columns(2)
    size = left.number_input(
        "Words per passage (.txt, .md)", 0, 5000, 200, help="0: files are not cut.", key=f"{key}_size"
    )
    overlap = right.number_input("Overlap (words)", 0, 2000, 40, key=f"{key}_overlap")
    return {"chunk_words": size, "overlap_words": overlap if size else 0}
