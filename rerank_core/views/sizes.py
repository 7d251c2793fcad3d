"""Sizes of charts: how high a chart of rows is, and how small a text in it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import altair as alt

    Drawn = TypeVar("Drawn", alt.Chart, alt.LayerChart)

SMALLEST = 12
"""Pixels of a text in a chart; Vega's own default for marks is 11."""
AXIS, LEGEND = 52, 40
"""Pixels that an axis with a title, and a legend on top, take of a chart's height."""


def height_of_rows(rows: int, step: int, axis: bool = True, legend: bool = False) -> int:
    """The height in pixels of a chart of so many rows of `step` pixels each, axis and legend within it.

    Streamlit fits a chart into its height, which Vega cannot do where the height is a step per row: it warns.
    """
    return max(rows, 1) * step + (AXIS if axis else 12) + (LEGEND if legend else 0)


def readable(chart: Drawn) -> Drawn:
    """The chart with the names and numbers of its axes and legends at `SMALLEST` or larger; for a whole chart only."""
    sized: Drawn = chart.configure_axis(labelFontSize=SMALLEST, titleFontSize=SMALLEST + 1)
    named: Drawn = sized.configure_legend(labelFontSize=SMALLEST, titleFontSize=SMALLEST + 1)
    return named
