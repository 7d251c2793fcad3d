"""Foreign text inside Markdown."""

from __future__ import annotations

import re

_SIGNS = re.compile(r"([\\`*_\[\]{}()#$~<>|:!&])")
# these make a list or a line only where they begin one
_AT_START = re.compile(r"^(\d*)([-+=.])")
# What Streamlit looks for in the text that is left once the escapes are read: bare addresses, which become links, and
# names of icons and emoji. A word joiner, which nobody sees, keeps their parts apart.
_ALIVE = re.compile(
    r"(?=://)|(?<=[\w.+-])(?=@[-\w]+\.[-\w])|(?<=www)(?=\.)|(?<=:)(?=[\w+-]+[:/])|(?<=mailto)(?=:)|(?<=xmpp)(?=:)",
    re.IGNORECASE,
)
JOINER = "\u2060"


def plain(text: str) -> str:
    """The text so that Markdown shows it as it is, on one line: no mark-up, no picture, no link.

    For whatever comes from a file, a person, a model or a server: names, queries, messages. Every label, help and
    caption of Streamlit is Markdown.
    """
    return _AT_START.sub(r"\1\\\2", _SIGNS.sub(r"\\\1", _ALIVE.sub(JOINER, " ".join(text.split()))))
