"""Text as people mean it: one form for comparing, the words in it, and units that can be counted in every script.

What is compared is normalised here, by Unicode's rules (UAX #15, UAX #29); what is shown, kept and exported is the
user's own text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import regex

LONGEST_WORD = 100
"""Characters: a longer run without white space (a hash, a link) counts as several words and may be cut."""

# scripts that put no white space between words
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}ーｰ\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
# Hangul has spaces, but particles hang on its words
_PAIRED = _UNSPACED + r"\p{Hangul}"

# re is the faster of the two, and right where no mark and no such script can be: its \w knows no marks
_PLAIN_WORD = re.compile(r"\w+")
_MAY_HAVE_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u0591-\u1fff\u20d0-\u20ff\u2c80-\U0010ffff]")
_MAY_HAVE_PAIRED = re.compile("[\u0e00-\u1fff\u2e80-\U0010ffff]")
_WORD = regex.compile(r"[\p{L}\p{N}_][\p{L}\p{N}\p{M}_]*")
_HAS_PAIRED = regex.compile(f"[{_PAIRED}]")
# not the marks and digits that these scripts have too: a mark belongs to its letter, digits are the same everywhere
_OF_PAIR, _OF_WORD = rf"(?![\p{{M}}\p{{Nd}}])[{_PAIRED}]", rf"(?:[\p{{M}}\p{{Nd}}]|[^{_PAIRED}])"
_STRETCH = regex.compile(rf"(?P<paired>(?:{_OF_PAIR}\p{{M}}*)+)|{_OF_WORD}+")
_CHARACTER = regex.compile(r".\p{M}*", regex.DOTALL)

# as words and stretches above, in text as it is shown: half-width kana, and invisible characters within a word
_SHOWN_WORD = regex.compile(r"[\p{L}\p{N}_][\p{L}\p{N}\p{M}_\p{Default_Ignorable_Code_Point}]*")
_SHOWN_STRETCH = regex.compile(rf"(?P<paired>(?:{_OF_PAIR}[\p{{M}}\p{{Default_Ignorable_Code_Point}}ﾞﾟ]*)+)|{_OF_WORD}+")
_SHOWN_CHARACTER = regex.compile(r".[\p{M}\p{Default_Ignorable_Code_Point}ﾞﾟ]*", regex.DOTALL)

_RUN = re.compile(r"\S+")
_HAS_UNSPACED = regex.compile(f"[{_UNSPACED}]")
# every repetition has an end: what is longer is cut, and no text takes more than its length in time
_UNIT = regex.compile(
    rf"[\p{{Ps}}\p{{Pi}}]{{0,8}}(?:(?=[{_UNSPACED}])\X){{1,2}}[\p{{Pe}}\p{{Pf}}\p{{Po}}]{{0,64}}"
    rf"|(?:(?![{_UNSPACED}]|[\p{{Ps}}\p{{Pi}}]{{1,8}}[{_UNSPACED}])\X){{1,{LONGEST_WORD}}}+|\X"
)
_CLUSTERS = regex.compile(rf"(?:\X){{1,{LONGEST_WORD}}}")
_WINDOW = 1_024
"""A longer run is looked at in parts: for one character of a flag, Unicode's rules look back over all flags before."""

_NOT_ASCII_RUN = re.compile(r"(?<![^ \t\n\r\f\v])[^ \t\n\r\f\v\x80-\U0010ffff]*+[^\x00-\x7f][^ \t\n\r\f\v]*")
# soft hyphens, joiners, marks of direction, variation selectors, keycaps: they split a word and mean nothing in it
_INVISIBLE = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Me}\u200B]+")
# NFKC would make Kindle™ one word KindleTM, and 1½ the number 11/2
_GLUED = re.compile("[™℠]|(?=[¼-¾⅐-⅞↉])")
# harakat and tatweel, Hebrew's vowels: most texts are written without them (Lucene's ArabicNormalizer)
_POINTS = re.compile(
    "[\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]+"
)
_OTHER_DIGIT = regex.compile(r"[\p{Nd}--[0-9]]", regex.V1)
_LETTERS = str.maketrans({"\u02bc": "'", "\u02b9": "'"})  # apostrophes that Unicode calls letters
# a letter has no more marks that count: to sort n of them takes n * n steps, and UAX #15 streams them by 30 as well
_MANY_MARKS = regex.compile(r"(\p{M}{30})\p{M}+")
_FEW = 60  # characters: a shorter text is normalised as it is
_REMEMBERED_CHARS = 30  # the same few short words and signs come again and again
_TURKISH = str.maketrans({"I": "ı", "İ": "i"})


def same_text(text: str) -> str:
    """A key that is equal for texts that look the same: NFC, nothing invisible, white space as single blanks.

    For ids and query texts, which mean another thing in another case: it keeps case, width and accents.
    """
    if not text.isascii():
        text = normalized("NFC", _INVISIBLE.sub("", text))
    return " ".join(text.split())


def person_key(name: str) -> str:
    """A key that is equal for spellings of one person's name: case, white space, width and trailing dots do not count.

    Who has the same name is the same person: there is nothing else to tell two people apart by.

    >>> person_key(" dr.  Anna VOGEL. ") == person_key("Dr. Anna Vogel")
    True
    """
    return " ".join(folded(name).split()).rstrip(". ")


def normalized(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """Unicode's normal form, in a time that grows as the text does; marks beyond the 30th on a letter are left out."""
    if len(text) > _FEW:
        text = _MANY_MARKS.sub(r"\1", text)
    return unicodedata.normalize(form, text)


def folded(text: str, turkish: bool = False) -> str:
    """The text as words are compared in it: NFKC, case folded, nothing invisible, ASCII digits, no Arabic points.

    White space between words stays white space. `turkish`: I is the capital of ı, and İ that of i. Idempotent.
    """
    if turkish:
        text = normalized("NFC", text).translate(_TURKISH)
    if not text.isascii():
        text = _NOT_ASCII_RUN.sub(_folded_match, text)
    return text.lower()


def _folded_match(found: re.Match[str]) -> str:
    run = found.group()
    return _folded_word(run) if len(run) <= _REMEMBERED_CHARS else _folded_run(run)


@lru_cache(maxsize=20_000)
def _folded_word(run: str) -> str:
    return _folded_run(run)


def _folded_run(run: str) -> str:
    run = _GLUED.sub(" ", _INVISIBLE.sub("", run))
    run = normalized("NFKC", normalized("NFKC", run).casefold())
    if run.isascii():
        return run
    run = _POINTS.sub("", run).translate(_LETTERS).replace("i\u0307", "i")
    return str(_OTHER_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit.group(), digit.group())), run))


def shortened(text: str, most: int) -> str:
    """The text, or its beginning with an ellipsis where it has more than `most` characters; never longer than that."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def words(text: str) -> list[str]:
    """The words of a `folded` text, in order: runs of letters, digits, marks and underscores."""
    return (_WORD if not text.isascii() and _MAY_HAVE_MARKS.search(text) else _PLAIN_WORD).findall(text)


def is_paired(text: str) -> bool:
    """Whether the text has a script that is searched by pairs of characters: `stretches`."""
    return not text.isascii() and bool(_MAY_HAVE_PAIRED.search(text)) and _HAS_PAIRED.search(text) is not None


def stretches(word: str) -> Iterator[tuple[str, bool]]:
    """(part, whether it is to be cut into `pairs`) of a word: 'Tシャツ' is 'T' and 'シャツ'."""
    return ((found.group(), found["paired"] is not None) for found in _STRETCH.finditer(word))


def characters(text: str) -> list[str]:
    """The text letter by letter, marks with the letter that they stand on."""
    return list(_CHARACTER.findall(text))


def pairs(stretch: str) -> list[str]:
    """Each two characters that are neighbours, as Lucene's CJKBigramFilter; the one character where there is one."""
    own = characters(stretch)
    return [one + other for one, other in pairwise(own)] if len(own) > 1 else own


def cut_words(text: str) -> list[str]:
    """The `words` of any text, `folded`, with `pairs` for words of scripts without spaces."""
    found = words(folded(text))
    if not is_paired(text):
        return found
    return [term for word in found for part, paired in stretches(word) for term in (pairs(part) if paired else (part,))]


def units(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of what counts as a word in a length, in order; only white space stands between them.

    A run of anything but white space, as long as it is no longer than `LONGEST_WORD`; where a script has no spaces, two
    characters with the signs around them: about a word of Chinese or Japanese. What one sees as one character (a
    grapheme cluster of UAX #29) is never cut.
    """
    unspaced = _MAY_HAVE_PAIRED.search(text) is not None and _HAS_UNSPACED.search(text) is not None
    for found in _RUN.finditer(text):
        start, end = found.span()
        if unspaced or end - start > LONGEST_WORD:
            yield from _cut_run(text, start, end)
        else:
            yield start, end


def count_units(text: str) -> int:
    """How many `units` a text has."""
    if len(text) > _SPLIT_AT_ONCE:
        return sum(1 for _ in units(text))
    runs = text.split()
    if max(map(len, runs), default=0) <= LONGEST_WORD and not _HAS_UNSPACED.search(text):
        return len(runs)
    return sum(1 for _ in units(text))


_SPLIT_AT_ONCE = 2**20


def _cut_run(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        part = text[start : min(start + _WINDOW, end)]
        if part.isascii() and part != "\r":  # each character for itself, and none of a script without spaces
            cut = min(start + LONGEST_WORD, end)
            yield start, cut
            start = cut
            continue
        pieces = [found.span() for found in _UNIT.finditer(part)]
        if start + len(part) < end and len(pieces) > 1:
            del pieces[-1]  # it may go on in the next part
        for first, last in pieces:
            yield from _cut_piece(part, first, last, start)
        start += pieces[-1][1]


def _cut_piece(part: str, first: int, last: int, offset: int) -> Iterator[tuple[int, int]]:
    if last - first <= LONGEST_WORD:
        yield offset + first, offset + last
        return
    # a hash, a link, marks without end: at clusters, and where one cluster is longer than all that, inside it
    for cluster in _CLUSTERS.finditer(part, first, last):
        for place in range(cluster.start(), cluster.end(), 8 * LONGEST_WORD):
            yield offset + place, offset + min(place + 8 * LONGEST_WORD, cluster.end())


def shown_words(text: str) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """(start, end, ends of its characters) of each word of a text as it is shown, not `folded`.

    The ends are () for a word that is compared as a whole; with them, it is one that is compared by `pairs`. What is
    invisible within a word belongs to it.
    """
    for found in _SHOWN_WORD.finditer(text):
        if not is_paired(found.group()):
            yield *found.span(), ()
            continue
        for part in _SHOWN_STRETCH.finditer(text, *found.span()):
            ends = tuple(one.end() for one in _SHOWN_CHARACTER.finditer(text, *part.span())) if part["paired"] else ()
            yield *part.span(), ends
