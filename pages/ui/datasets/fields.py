"""The inputs that say how files of passages are read, as the import and the change of passages share them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from rerank_core.corpus.survey.names import PARTS, parse_part


def reading(key: str) -> dict[str, Any]:
    """Inputs of a form; what was typed, for `options`. `key`: the form's own, so that its inputs are."""
    left, right = st.columns(2)
    size = left.number_input(
        "Words per passage (.txt, .md)", 0, 5000, 200, help="0: files are not cut.", key=f"{key}_size"
    )
    overlap = right.number_input("Words that neighbours share", 0, 2000, 40, key=f"{key}_overlap")
    with st.expander("Where the guess is wrong: names of fields, parts of files"):
        fields = {
            f"{what}_field": place.text_input(
                f"Field of the {what}", key=f"{key}_{what}_field", help="A column or field of the passages."
            )
            for what, place in zip(("id", "title", "text"), st.columns(3), strict=True)
        }
        parts = st.text_input(
            "Files and their parts",
            placeholder="notes.csv=queries; old.tsv=not read",
            help=f"FILE=PART with ; between them. Parts: {', '.join(PARTS)}.",
            key=f"{key}_parts",
        )
    named = {name: value.strip() for name, value in fields.items() if value.strip()}
    return {"chunk_words": size, "overlap_words": overlap if size else 0, "parts": parts, **named}


def options(typed: dict[str, Any]) -> dict[str, Any]:
    """What was typed as the values of `ImportOptions`. Raises SettingsError where the parts cannot be read."""
    parts = dict(parse_part(text) for text in typed["parts"].split(";") if text.strip())
    return {**typed, "parts": parts}
