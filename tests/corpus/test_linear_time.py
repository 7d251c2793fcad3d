"""No text, however it is made, takes more than its length in time: 8 times the text takes about 8 times as long."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rerank_core.corpus.formats.chunking import spans
from rerank_core.corpus.formats.delimited import guess_delimiter, read_rows
from rerank_core.corpus.formats.folder import first_heading
from rerank_core.corpus.formats.topic_files import read_topics
from rerank_core.corpus.lengths import Lengths
from rerank_core.errors import BadInputError
from rerank_core.text import count_units, cut_words, folded, same_text, shown_words

SHORT, TIMES = 1_000, 8
ALLOWED = 30
"""8 is linear, 64 is quadratic."""
FLOOR = 0.002

ATOMS = {
    "tabs": " \t",
    "heads": "# \t#",
    "hashes": "#",
    "fences": "```\n",
    "other fences": "```\n~~~\n",
    "spaces": " ",
    "brackets": "(",
    "quotes": '"',
    "doubled quotes": '""x',
    "opened tags": "<top ",
    "opened topics": "<topic>",
    "closed tags": "</top ",
    "less": "<",
    "more": ">",
    "numbers": "<num",
    "attributes": "<topic id='",
    "no values": " id=",
    "cdata": "<![CDATA[",
    "entities": "&#1",
    "ands": "&",
    "flags": "\U0001f1e6",
    "marks": "\u0300\u0316",
    "joiners": "\u200d",
    "families": "\U0001f469\u200d",
    "chinese": "水",
    "chinese in brackets": "「水",
    "opening": "「",
    "closing": "水。」、",
    "stops": "。",
    "korean": "가",
    "jamo": "\u1100",
    "kana": "ｶﾞ",
    "letters": "x",
    "mixed": "x水",
    "invisible": "\u00ad",
    "arabic": "\u0640\u064b",
    "fractions": "½™",
    "lines": "a\n",
    "ends": "\r",
}


def _topics(text: str, path: Path) -> None:
    path.write_text(f"<top>{text}", encoding="utf-8", newline="")
    with contextlib.suppress(BadInputError):
        list(read_topics(path))


def _rows(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8", newline="")
    with contextlib.suppress(BadInputError):
        list(read_rows(path))


READERS: dict[str, Callable[[str, Path], object]] = {
    "heading": lambda text, _: first_heading(f"# a{text}#x"),
    "heading in a fence": lambda text, _: first_heading(f"```\n{text}"),
    "topics": _topics,
    "rows": _rows,
    "delimiter": lambda text, _: guess_delimiter(text),
    "pieces": lambda text, _: list(spans(text, 200, 40)),
    "units": lambda text, _: count_units(text),
    "units of a word": lambda text, _: count_units(text.replace(" ", "_")),
    "same text": lambda text, _: same_text(text),
    "folded": lambda text, _: folded(text),
    "words": lambda text, _: cut_words(text),
    "shown words": lambda text, _: list(shown_words(text)),
    "lengths": lambda text, _: Lengths().add([text]),
}


@pytest.mark.parametrize("reader", READERS)
def test_time_grows_as_the_text_does(reader: str, tmp_path: Path):
    read = READERS[reader]
    for name, atom in ATOMS.items():
        short = _seconds(read, atom * SHORT, tmp_path)
        long = _seconds(read, atom * SHORT * TIMES, tmp_path)
        assert long < ALLOWED * max(short, FLOOR), f"{reader} of {name}: {short:.4f} s, then {long:.4f} s"


def _seconds(read: Callable[[str, Path], object], text: str, folder: Path) -> float:
    """The best of two: others may be at work."""
    best = float("inf")
    for _ in range(2):
        started = time.process_time()
        read(text, folder / "x.txt")
        best = min(best, time.process_time() - started)
        if best > 1:
            break
    return best


def test_the_measure_would_see_a_pattern_that_goes_back():
    slow = re.compile(r"(a+)[ab]*c")
    short, long = ("a" * 80, "a" * 640)
    times = [_seconds(lambda text, _: slow.search(text), text, Path()) for text in (short, long)]
    assert times[1] > ALLOWED * times[0]
