"""Tables on a page: Streamlit offers each as CSV, and people copy cells into spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from rerank_core.corpus.spreadsheets import harmless

# what we write ourselves behind a sign: "+0.0123 to +0.0456", "+0.012 … +0.046"
_FIGURES = re.compile(r"[+−-]?\d+(?:\.\d+)?%?(?: (?:to|/|…) [+−-]?\d+(?:\.\d+)?%?)*")


def harmless_table(table: pd.DataFrame | Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """A copy for `st.dataframe` and `st.table` in which no text is run by a spreadsheet, names of columns included.

    Numbers, dates and figures with a sign stay as they are; see `spreadsheets.harmless`.
    """
    frame = pd.DataFrame(table)
    texts = [place for place, kind in enumerate(frame.dtypes) if not pd.api.types.is_numeric_dtype(kind)]
    columns = {place: frame.iloc[:, place] for place in range(frame.shape[1])}
    for place in texts:
        columns[place] = columns[place].map(_cell, na_action="ignore")
    made = pd.concat(list(columns.values()), axis=1) if columns else frame.copy()
    made.columns = [_cell(name) for name in frame.columns]
    return made


def written_table(table: pd.DataFrame | Mapping[str, Sequence[Any]], how: Mapping[str, Callable[[Any], str]]) -> Any:
    """`harmless_table` with numbers written as everywhere (`evaluation.numbers`): column -> how; others as they are.

    What is missing is a dash. Columns still sort by their values.
    """
    frame = harmless_table(table)
    return frame.style.format({name: write for name, write in how.items() if name in frame.columns}, na_rep="–")


def harmless_names(names: Mapping[str, str]) -> dict[str, str]:
    """The same for names that are put into a table with colours: id -> name."""
    return {key: str(_cell(name)) for key, name in names.items()}


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_cell(one) for one in value]
    return harmless(value) if isinstance(value, str) and not _FIGURES.fullmatch(value) else value
