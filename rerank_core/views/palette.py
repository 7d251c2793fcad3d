"""The colours of charts and HTML: Okabe and Ito's palette, safe for colour-blind eyes, and what each one stands for.

No colour stands alone: a sign, a shape or a place says the same.
"""

from __future__ import annotations

BLUE, ORANGE, VERMILION, PURPLE = "#0072B2", "#E69F00", "#D55E00", "#CC79A7"
GREY = "#9aa0a6"
"""What is neutral: ties, guides, what is beaten."""
DIMMED = "#b9bdc4"
"""Lines beside the one that the pointer is on."""
QUIET = "#808495"
"""Names and rules that can be read on a light page and on a dark one."""

WON, LOST, TIED = BLUE, VERMILION, GREY
OUTCOMES = {"won": WON, "tied": TIED, "lost": LOST}
NO_DIFFERENCE = "#e3e5e8"
"""The middle between `LOST` and `WON`, in cells."""
UP_TEXT, DOWN_TEXT = "light-dark(#005a93, #7cc4ee)", "light-dark(#a04400, #f0a84a)"
"""What rose and what fell, as text of either theme."""

FEW, MANY = "#eef4f9", "#084a7d"
"""The ends of a scale for shares, on cells."""
ON_FEW, ON_MANY, ON_NEUTRAL = "#111111", "#ffffff", "#1a1a1a"
"""Ink on pale, on dark and on `NO_DIFFERENCE` cells, whatever the theme."""

GRADES = ("#b84e00", "#e69f00", "#7cc4ee", "#0067a8")
"""From the worst grade to the best; the board and the Label page have the same in their css."""
UNGRADED = GREY

ACCENT = "#1f6f8b"
"""Of the app's light theme: .streamlit/config.toml."""
REPORT = {"won": BLUE, "lost": "#c04e00", "tied": "#8a9199", "ordering": ORANGE}
"""On the report's white paper, where some are text as well and have to be darker than in a chart."""
REPORT_DARK = {"won": "#56b4e9", "lost": "#ff9e57", "tied": "#8f98a2", "ordering": "#e6a91f"}


def grade_colour(place: int, steps: int) -> str:
    """The colour of a step of the scale, `place` from 0 for the worst: the ends of `GRADES` are always worst and best.

    A scale of more steps than there are colours uses some of them twice.
    """
    return GRADES[round(place * (len(GRADES) - 1) / max(1, steps - 1))]


def tint(colour: str, opacity: float) -> str:
    """A css colour that lets through what is behind it: `colour` ("#rrggbb") at an opacity from 0 to 1."""
    red, green, blue = _parts(colour)
    return f"rgba({red},{green},{blue},{opacity:.2f})"


def ink(back: str) -> str:
    """Black or white, whichever can be read better on the colour `back` ("#rrggbb"), by its luma."""
    red, green, blue = _parts(back)
    return ON_FEW if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else ON_MANY


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
