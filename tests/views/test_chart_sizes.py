"""No chart makes Vega warn of a height in steps, and no text in one is smaller than 12 pixels."""

from __future__ import annotations

import re
from pathlib import Path

import altair as alt
import pandas as pd
import pytest

from rerank_core.views.sizes import SMALLEST, height_of_rows, readable

VIEWS = sorted((Path(__file__).resolve().parents[2] / "rerank_core" / "views").glob("*.py"))
CHARTS = [path for path in VIEWS if "import altair as alt" in path.read_text(encoding="utf-8") and path.stem != "sizes"]
# shown at its own width and height, not fitted into the page
AT_ITS_OWN_SIZE = {"alignment"}


def test_a_chart_of_rows_grows_with_them_and_is_never_flat():
    assert height_of_rows(10, 30) - height_of_rows(9, 30) == 30
    assert height_of_rows(0, 30) == height_of_rows(1, 30) > 30
    assert height_of_rows(3, 30, legend=True) > height_of_rows(3, 30)


def test_a_readable_chart_has_no_small_axis_or_legend():
    drawn = readable(alt.Chart(pd.DataFrame({"a": [1]})).mark_bar().encode(x="a:Q")).to_dict()["config"]
    sizes = [drawn[part][text] for part in ("axis", "legend") for text in ("labelFontSize", "titleFontSize")]
    assert min(sizes) >= SMALLEST == 12


@pytest.mark.parametrize("path", CHARTS, ids=lambda path: path.stem)
def test_every_chart_is_readable_and_has_its_height_in_pixels(path):
    text = path.read_text(encoding="utf-8")
    made = len(
        re.findall(
            r"^def \w+\(.*?\) -> (?:alt\.(?:Chart|LayerChart)|dict\[str, Any\])", text, flags=re.MULTILINE | re.DOTALL
        )
    )
    assert text.count("readable(") >= made > 0
    if path.stem not in AT_ITS_OWN_SIZE:
        assert "height=alt.Step" not in text
    for mark in re.findall(r"mark_text\(([^)]*)\)", text):
        assert "fontSize=SMALLEST" in mark or int(re.search(r"fontSize=(\d+)", mark)[1]) >= SMALLEST
