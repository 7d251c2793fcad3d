"""One palette: what charts, the report, the board, the Label page and the theme share is the same colour."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from rerank_core.views import palette

ROOT = Path(__file__).parents[2]
COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3,4}){1,2}\b|rgba?\(\d")


def variables(css: str) -> dict[str, str]:
    """Custom property -> value, of a piece of css."""
    return {name: value.strip() for name, value in re.findall(r"--([\w-]+):([^;}]+)", css)}


def same(one: dict[str, str], other: dict[str, str]) -> bool:
    return {name: colour.lower() for name, colour in one.items()} == {n: c.lower() for n, c in other.items()}


@pytest.mark.parametrize("file", ["pages/ui/board/board.css", "pages/ui/label/label.css"])
def test_a_grade_has_one_colour_in_charts_and_on_the_pages(file):
    tones = {name: value for name, value in variables((ROOT / file).read_text()).items() if re.match(r"tone\d$", name)}
    assert same(tones, {f"tone{place}": colour for place, colour in enumerate(palette.GRADES)})


def test_the_report_has_the_palettes_colours_on_paper_and_on_a_dark_screen():
    css = (ROOT / "rerank_core/views/report/report.css").read_text()
    blocks = [variables(block) for block in re.findall(r":root \{([^}]*)\}", css)]
    shown = [{name: block[name] for name in palette.REPORT} for block in blocks]
    assert len(shown) == 3
    light, dark, printed = shown
    assert same(light, palette.REPORT)
    assert same(printed, palette.REPORT)
    assert same(dark, palette.REPORT_DARK)


def test_the_light_theme_has_the_palettes_accent():
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"]
    assert theme["light"]["primaryColor"] == palette.ACCENT


def test_no_view_has_a_colour_of_its_own():
    views = [file for file in (ROOT / "rerank_core/views").rglob("*.py") if file.name != "palette.py"]
    assert len(views) > 20
    own = {file.name: found for file in views if (found := COLOUR.findall(file.read_text()))}
    assert own == {}


@pytest.mark.parametrize(
    ("back", "ink"), [(palette.FEW, "#111111"), (palette.MANY, "#ffffff"), (palette.ORANGE, "#111111")]
)
def test_the_ink_on_a_colour_can_be_read(back, ink):
    assert palette.ink(back) == ink
