"""Reading loose markup by looking forward only: each character is looked at a bounded number of times."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import NamedTuple

_CDATA, _CDATA_END = "<![CDATA[", "]]>"
_WHITE = " \t\n\r\f\v"


class Tag(NamedTuple):
    """A tag that stands at text[start:end]. `name` in lower case, with a '/' before it where it closes an element."""

    start: int
    end: int
    name: str
    attributes: str


def tags(text: str, start: int = 0) -> Iterator[Tag]:
    """All that stands between '<' and the next '>', in order; a '<' that nothing closes is no tag."""
    while (begin := text.find("<", start)) >= 0 and (close := text.find(">", begin)) >= 0:
        inner = text[begin + 1 : close]
        again = inner.rfind("<")  # <a <b> is the tag b
        if again >= 0:
            begin, inner = begin + 1 + again, inner[again + 1 :]
        words = inner.split(None, 1) if inner[:1] not in _WHITE else ()
        name = words[0].removesuffix("/").lower() if words else ""
        yield Tag(begin, close + 1, name, words[1] if len(words) > 1 else "")
        start = close + 1


def attribute(attributes: str, names: tuple[str, ...]) -> str:
    """The value of the first attribute with one of these names, in any case; "" where there is none."""
    start = 0
    while (equals := attributes.find("=", start)) >= 0:
        before = attributes[start:equals].split()
        rest = equals + 1
        while rest < len(attributes) and attributes[rest] in _WHITE:
            rest += 1
        quote = attributes[rest : rest + 1]
        end = attributes.find(quote, rest + 1) if quote in ("'", '"') else -1
        if end < 0:
            start = rest
            continue
        if before and before[-1].lower() in names:
            return unescaped(attributes[rest + 1 : end])
        start = end + 1
    return ""


def without_cdata(text: str) -> str:
    """The text with the contents of its CDATA sections as they would be written outside of one."""
    parts, start = [], 0
    while (begin := text.find(_CDATA, start)) >= 0:
        end = text.find(_CDATA_END, begin)
        if end < 0:
            break
        parts += [text[start:begin], html.escape(text[begin + len(_CDATA) : end])]
        start = end + len(_CDATA_END)
    return "".join((*parts, text[start:])) if parts else text


def plain(content: str) -> str:
    """The content without tags, its entities read, its white space as single blanks."""
    parts, start = [], 0
    while (begin := content.find("<", start)) >= 0 and (close := content.find(">", begin)) >= 0:
        parts.append(content[start:begin])
        start = close + 1
    return " ".join(unescaped(" ".join((*parts, content[start:]))).split())


def unescaped(text: str) -> str:
    """HTML's entities as characters; a number too long to be one is left as it is."""
    try:
        return html.unescape(text)
    except (ValueError, OverflowError):  # Python reads no number of more than 4,300 digits
        return text
