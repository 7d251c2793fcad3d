"""How a result shows itself in a notebook: its sentences, then its table."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from math import nan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame


def notebook_html(sentences: Iterable[str], table: DataFrame) -> str:
    """HTML with every text escaped; four decimals, "–" for what is missing."""
    paragraphs = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    # pandas writes <NA> and None where a column of its own types lacks a value, and `na_rep` for nan alone
    shown = table.astype(object).where(table.notna(), nan)
    return paragraphs + shown.to_html(index=False, escape=True, na_rep="–", float_format="{:.4f}".format)
