"""Tables on the pages, which Streamlit offers as CSV: nothing in them is run by a spreadsheet."""

from __future__ import annotations

import ast
from pathlib import Path

import pandas as pd
import pytest

from pages.ui.tables import harmless_table, written_table
from rerank_core.evaluation.numbers import count, signed

UI = Path(__file__).resolve().parents[2] / "pages" / "ui"
PAYLOADS = [
    "=cmd|' /C calc'!A0", "+1+cmd|'x'!A0", "-2+3+HYPERLINK(1)", "@SUM(1+1)", "\t=1+1", "\r=1+1", " =1", "＝1+1",
    "＋1+1", "－1+1", "＠SUM(1)", "\u200b=1", 'a;=1+1', "a\t=1+1", "a\n=1+1", '"=1+1"', "+1 to @SUM(1)",
]  # fmt: skip
TABLES = {"dataframe", "table", "data_editor"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_cell_header_or_list_begins_a_formula(payload):
    frame = harmless_table(pd.DataFrame({payload: [1], "text": [payload], "list": [[payload, "b"]]}))
    cells = [frame.columns[0], frame["text"][0], frame["list"][0][0]]
    assert all("'" in cell and cell.replace("'", "") == payload.replace("'", "") for cell in cells)
    assert frame["list"][0][1] == "b"


def test_figures_numbers_and_what_is_missing_stay():
    texts = ["+0.0123 to -0.0456", "+0.012 … −0.046", "-1.5", "+3%", "2 / 1 / 0", None, "a = b", "▲ 2"]
    given = pd.DataFrame(
        {"text": texts, "number": [-1.0, 2, 3, 4, 5, 6, 7, 8], "whole": pd.array([1, None] * 4, "Int64")}
    )
    assert harmless_table(given).equals(given)
    assert harmless_table({"part": ["=1"], "value": [-2.5]}).to_dict("list") == {"part": ["'=1"], "value": [-2.5]}


def test_a_written_table_is_harmless_and_keeps_its_values():
    made = written_table({"name": ["=1", "b"], "delta": [-0.1144, None], "n": [2341, 7]}, {"delta": signed, "n": count})
    assert made.data["name"][0] == "'=1"
    assert made.data["delta"][0] == -0.1144
    shown = made.to_html()
    assert "−0.114" in shown
    assert "2,341" in shown
    assert "–" in shown


def test_columns_of_one_name_and_an_empty_table_are_kept():
    twice = pd.DataFrame([["=1", 2]], columns=["a", "a"])
    assert harmless_table(twice).to_numpy().tolist() == [["'=1", 2]]
    assert harmless_table(pd.DataFrame()).empty
    assert list(harmless_table(pd.DataFrame(columns=["=a", "b"]))) == ["'=a", "b"]


def table_calls() -> list[tuple[str, int, ast.Call]]:
    """Every call in the pages that draws a table which people can take away."""
    found = []
    for path in sorted(UI.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TABLES:
                found.append((path.name, node.lineno, node))
    return found


def test_every_table_of_the_pages_is_made_harmless():
    calls = table_calls()
    assert len(calls) > 15
    coloured = ["documents_table(rows, labels, titles, view.dataset.scale)"]  # of harmless_names
    bare = [
        f"{name}:{line}"
        for name, line, call in calls
        if not ast.unparse(call.args[0]).startswith(("harmless_table(", "written_table(", *coloured))
    ]
    assert bare == []
