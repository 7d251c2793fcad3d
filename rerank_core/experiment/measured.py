"""Times as people read them, and which of them were taken while the machine was busy with other work."""

from __future__ import annotations

from rerank_core.types import Ranking

BUSY_SHARE = 0.25
"""From this share of the processors on, what others had may have made a time longer than it need be."""
WHILE_BUSY = "measured while busy"


def is_rough(ranking: Ranking) -> bool:
    """Whether the ranking's time was taken while other programs had much of the machine."""
    return ranking.seconds is not None and ranking.busy is not None and ranking.busy >= BUSY_SHARE


def time_words(seconds: float, rough: bool = False) -> str:
    """Such as "640 ms" or "2.5 s"; where it is rough, "≈ 2.5 s (measured while busy)"."""
    ms = seconds * 1000
    words = f"{seconds:,.1f} s" if ms >= 9_950 else f"{ms:,.0f} ms" if ms >= 9.95 else f"{ms:.1f} ms"
    return f"≈ {words} ({WHILE_BUSY})" if rough else words
