"""Foreign text inside Markdown."""

from __future__ import annotations

import re


def plain(text: str) -> str:
    """The text so that Markdown shows it as it is: names, queries and messages may hold any sign."""
    return re.sub(r"([\\`*_\[\]{}()#$~<>|:!])", r"\\\1", " ".join(text.split()))
