"""An order of passages, read from a whole answer, and put right by RankGPT's rule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from rerank_core.rerankers.services.llm.answer_forms import as_json, introduces, labelled, narrow, unexplained, unfenced

_NAME = r"(?:(?:passage|document|doc|item|identifier|id|no\.?|number) ?)"
_ITEM = re.compile(
    rf"[*_`\"'“”]*(?:{_NAME}?\[ ?{_NAME}?#?\d+ ?\]|{_NAME}?\(\d+\)|{_NAME}?#?\d+)[*_`\"'“”]*", re.IGNORECASE
)
_BETWEEN = re.compile(
    r"[,;] ?(?:and|then)\b|\b(?:and|then)\b|>=|[=-]>|>{1,3}|&gt;|[→⇒≻≥»›=,;、，]",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"(?:\[ ?\d+ ?\] ?){2,}")
_BULLET = re.compile(r"[-*•] ")
_NUMBERED = re.compile(r"(\d+)[.):] (.+)")
_NUMBER = re.compile(r"\d+")
# of a text that is `narrow`: within a line the only white space is one blank
_LABEL = (
    r"(?:so[^\w\n]+)?(?:(?:the|my|a|here is|here's) )*"
    r"(?:(?:final|new|correct|resulting|best|re-?ranked|ranked|sorted) )*"
    r"(?:answer|ranking|order(?:ing)?|rank|list|result|output|permutation|response)(?: of (?:the )?passages)?"
)
_IS = re.compile(rf"\W*{_LABEL}\s+is\b", re.IGNORECASE)
# numbers that are no places
_SCORES = re.compile(r"scor|rating|grade|probab|confiden|\Arelevances?\Z", re.IGNORECASE)
_KEYS = ("id", "passage", "passage_id", "passage_number", "number", "document", "doc_id", "docid")


def permutation(text: str, count: int) -> tuple[list[int], Counter[str]] | None:
    """The order that an answer gives to `count` passages, counting from 0, and what was repaired; None for no order.

    The whole answer must be the order: "[2] > [1]", with commas, line breaks or in JSON, in a fence, after a line that
    introduces it or a label ("Final answer:"). Numbers in a sentence are none. A single number is an order only in
    brackets or JSON.

    The rule of RankGPT: numbers out of range and repetitions are dropped, missing ones follow at the end in the order
    in which they were shown. An answer without any number in range is no order.

    >>> permutation("[3] > [1] > [3] > [9]", 4)
    ([2, 0, 1, 3], Counter({'missing': 2, 'repeated': 1, 'out_of_range': 1}))
    >>> permutation("Passage [1] is about fruit.", 4) is None
    True
    """
    numbers = _numbers(narrow(text))
    if numbers is None:
        return None
    repairs: Counter[str] = Counter()
    order: dict[int, None] = {}
    for number in numbers:
        place = number - 1
        if not 0 <= place < count:
            repairs["out_of_range"] += 1
        elif place in order:
            repairs["repeated"] += 1
        else:
            order[place] = None
    if not order:
        return None
    missing = [place for place in range(count) if place not in order]
    if missing:
        repairs["missing"] = len(missing)
    return [*order, *missing], repairs


def _numbers(text: str) -> list[int] | None:
    value = as_json(text)
    if value is not None:
        return _of_json(value)
    body = unfenced(text)
    for form in (body, _introduced(body), labelled(body, _LABEL), unexplained(body)):
        if form is not None and (numbers := _chain(form)) is not None:
            return numbers
    return None


def _introduced(text: str) -> str | None:
    """What follows the words "Sure! Here are the 3 passages:", or "The final order is"."""
    if sentence := _IS.match(text):
        return text[sentence.end() :]
    before, colon, after = text.partition(":")
    return after if colon and introduces(f"{before}:") and not _SCORES.search(before) else None


def _chain(text: str) -> list[int] | None:
    """The numbers of an order that is written out, on one line or on several; None where there is anything else."""
    text = text.strip().strip("*`_\"'$").strip()
    text = text[:-1] if text.endswith((".", "。")) else text
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    numbered = [_NUMBERED.fullmatch(line) for line in lines]
    if len(lines) > 1 and [match[1] for match in numbered if match] == [str(at + 1) for at in range(len(lines))]:
        lines = [match[2] for match in numbered if match]
    pieces = [_pieces(line) for line in lines]
    if not all(pieces):
        return None
    numbers = [int(_NUMBER.findall(item)[0][:9]) for line in pieces for item in line]
    several = len(pieces) > 1 and any(len(line) > 1 for line in pieces)
    if several and len(set(numbers)) < len(numbers):
        return None  # two orders: a draft and a second thought
    return None if len(numbers) == 1 and "[" not in text else numbers


def _pieces(line: str) -> list[str]:
    """The items of one line; [] where it has anything else."""
    if _BRACKETS.fullmatch(line):
        return _NUMBER.findall(line)
    line = _BULLET.sub("", line, count=1) if _BULLET.match(line) else line
    line = line[1:-1] if line.startswith("[") and line.endswith("]") and "[" not in line[1:] and "," in line else line
    pieces = [piece.strip() for piece in _BETWEEN.split(line)]
    # an order that goes on in the next line
    pieces = pieces[not pieces[0] : len(pieces) - (not pieces[-1])]
    return pieces if all(_ITEM.fullmatch(piece) for piece in pieces) else []


def _of_json(value: Any) -> list[int] | None:
    """The numbers of a list, or of the one list in an object; items are numbers, texts such as "[3]", or objects."""
    if isinstance(value, Mapping):
        value = {key: inner for key, inner in value.items() if not _SCORES.search(str(key))}
        lists = [inner for inner in value.values() if isinstance(inner, list)]
        chains = [chain for inner in value.values() if isinstance(inner, str) and (chain := _chain(inner))]
        if not lists and len(chains) == 1:
            return chains[0]
        value = lists[0] if len(lists) == 1 else None
    if not isinstance(value, list) or not value:
        return None
    numbers = [_of_item(item) for item in value]
    return None if None in numbers else [number for number in numbers if number is not None]


def _of_item(item: Any) -> int | None:
    if isinstance(item, list) and len(item) == 1:
        item = item[0]
    if isinstance(item, Mapping):
        numbers = [inner for key, inner in item.items() if str(key).lower() in _KEYS]
        item = numbers[0] if len(numbers) == 1 else None
    if type(item) is int:
        return item
    if isinstance(item, str) and _ITEM.fullmatch(item.strip()):
        return int(_NUMBER.findall(item)[0][:9])
    return None
