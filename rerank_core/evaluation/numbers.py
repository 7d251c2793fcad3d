"""How numbers are written for people, everywhere: 2,341; 0.114; −0.114; 70 %."""

from __future__ import annotations

MINUS = "−"


def count(n: int) -> str:
    """A whole number with commas: "2,341"."""
    return f"{n:,}".replace("-", MINUS)


def figure(value: float, places: int = 3) -> str:
    """A value with a true minus: "0.114", "−0.114"; what rounds to nothing has no sign."""
    text = f"{value:,.{places}f}"
    return f"{0:.{places}f}" if float(text.replace(",", "")) == 0 else text.replace("-", MINUS)


def signed(value: float, places: int = 3) -> str:
    """A difference, always with its sign: "+0.061", "−0.004", "0.000" for what rounds to nothing."""
    text = figure(value, places)
    return text if text.startswith(MINUS) or float(text.replace(",", "")) == 0 else f"+{text}"


def share(part: float) -> str:
    """A part of 1 in whole percents: "70 %". Only none is "0 %" and only all is "100 %": nothing is rounded to them."""
    if part <= 0 or part >= 1:
        return f"{round(100 * part)} %"
    return f"{min(99, max(1, int(100 * part + 0.5)))} %"


def counted(n: int, one: str, more: str = "") -> str:
    """A number with its noun: "1 query", "2,341 queries"; `more` is `one` with an s unless given."""
    return f"{count(n)} {one if n == 1 else more or f'{one}s'}"
