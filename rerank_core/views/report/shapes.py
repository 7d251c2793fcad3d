"""What a drawing of the report is made of. The template draws it as SVG, so that colours follow the page's theme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; `look` names its class in the style sheet, `tip` is shown on hover and read aloud."""

    x: float
    y: float
    width: float
    height: float
    look: str
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through two or more points."""

    points: tuple[tuple[float, float], ...]
    look: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A diamond or a circle at a point."""

    x: float
    y: float
    shape: Literal["diamond", "circle"]
    look: str
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """Words at a point; `y` is the base line."""

    x: float
    y: float
    words: str
    anchor: Anchor = "start"
    look: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart. `title`: what it shows; `sentence`: the same in words, for those who do not see it.

    `legend`: (look, words) pairs.
    """

    title: str
    sentence: str
    width: float
    height: float
    shapes: Sequence[Box | Stroke | Mark | Label]
    legend: tuple[tuple[str, str], ...] = ()
