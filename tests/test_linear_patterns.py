"""Every regular expression of the project takes time that grows as the text does.

The patterns are found, not listed: those that modules keep, and those that stand in a call of `re`. Each is attacked
with texts that are made from its own parts: what one of its repetitions takes, over and over, and then something that
it does not take. 8 times the text may take 30 times as long (8 is linear, 64 is quadratic).
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.test_linear_time import ATOMS
from tests.support.pattern_times import slow_ones

ROOT = Path(__file__).resolve().parents[1]
SHORT, TIMES, ALLOWED = 1_000, 8, 30
QUICK = 0.01
"""What takes no longer for the long text, in seconds, is not looked at again: quadratic is 0.2 and more."""
METHODS = ("search", "match", "fullmatch", "sub", "split", "findall", "finditer")
NOT_OURS = "\x00"
USED = {"rerank_core/judging/llm/prompt.py:_KEYS": ("fullmatch",)}
"""How patterns are used that have no name of their own where they are."""


@dataclass(frozen=True)
class Found:
    place: str
    pattern: re.Pattern[str]
    methods: tuple[str, ...]


def sources() -> list[Path]:
    return sorted(
        path
        for folder in ("rerank_core", "pages")
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "__main__.py"
    )


def kept_patterns() -> Iterator[Found]:
    """The compiled patterns that modules hold, also within tuples and dicts, and how each module uses them."""
    for path in sources():
        text = path.read_text("utf-8")
        if "re." not in text or path.parent.name == "pages":
            continue
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        module = importlib.import_module(name.removesuffix(".__init__"))
        for attribute, value in vars(module).items():
            for number, pattern in enumerate(_patterns_in(value)):
                place = f"{path.relative_to(ROOT)}:{attribute}"
                used = tuple(method for method in METHODS if re.search(rf"\b{attribute}\.{method}\(", text))
                if f"import {attribute}" not in text:
                    methods = USED.get(place) or used or METHODS[:3]
                    yield Found(f"{place}[{number}]" if number else place, pattern, methods)


def _patterns_in(value: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _patterns_in(one)
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from _patterns_in(one)


def written_patterns() -> Iterator[Found]:
    """The patterns that stand as a text in a call such as `re.sub(r"…", …)`, flags included."""
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            if getattr(node.func.value, "id", "") != "re" or node.func.attr not in METHODS:
                continue
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                flags = ast.unparse(next((one.value for one in node.keywords if one.arg == "flags"), ast.Constant(0)))
                value = eval(flags, {"re": re})
                yield Found(
                    f"{path.relative_to(ROOT)}:{node.lineno}", re.compile(first.value, value), (node.func.attr,)
                )


PATTERNS = {one.place: one for one in (*kept_patterns(), *written_patterns())}


def attacks(pattern: re.Pattern[str]) -> dict[str, Callable[[int], str]]:
    """Name -> a text of about so many signs, made to have the pattern go back."""
    made: dict[str, Callable[[int], str]] = {
        name: lambda n, atom=atom: atom * (n // len(atom)) for name, atom in ATOMS.items()
    }
    parser = sys.modules.get("re._parser") or importlib.import_module("re._parser")
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    bodies = list(dict.fromkeys(_bodies(list(tree), "")))
    for number, (before, body) in enumerate(bodies):
        for end in ("", NOT_OURS, "\n" + NOT_OURS):
            made[f"repeat {number} {body!r} then {end!r}"] = lambda n, before=before, body=body, end=end: (
                before + body * (n // len(body)) + end
            )
        made[f"start and repeat {number}"] = lambda n, one=before + body: one * (n // len(one))
    parts = list(dict.fromkeys(body for _, body in bodies))[:6]
    for one in parts:
        for other in parts:
            if one != other:
                made[f"{one!r} and {other!r}"] = lambda n, pair=one + other: pair * (n // len(pair)) + NOT_OURS
                made[f"{one!r}, then {other!r}"] = lambda n, one=one, other=other: (
                    one * (n // 2 // len(one)) + other * (n // 2 // len(other)) + NOT_OURS
                )
    return made


def _bodies(items: list[Any], before: str) -> Iterator[tuple[str, str]]:
    """(what leads to it, what it takes once) of every repetition that may go on."""
    for op, arg in items:
        name = str(op)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            _, high, body = arg
            text = example(list(body))
            if int(high) > 20 and text:
                yield before, text
            yield from _bodies(list(body), before)
        for inner in _inner(name, arg):
            yield from _bodies(inner, before)
        before += example([(op, arg)])


def _inner(name: str, arg: Any) -> list[list[Any]]:
    if name == "BRANCH":
        return [list(branch) for branch in arg[1]]
    if name == "SUBPATTERN":
        return [list(arg[3])]
    if name in ("ASSERT", "ASSERT_NOT"):
        return [list(arg[1])]
    if name == "ATOMIC_GROUP":
        return [list(arg)]
    return []


def example(items: list[Any]) -> str:
    """A short text that the part of a pattern takes, roughly."""
    return "".join(_example(str(op), arg) for op, arg in items)


def _example(name: str, arg: Any) -> str:
    if name == "LITERAL":
        return chr(arg)
    if name == "NOT_LITERAL":
        return "x" if arg != ord("x") else "y"
    if name == "ANY":
        return "x"
    if name == "IN":
        return _of_a_set(arg)
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return example(list(arg[2])) * max(1, int(arg[0]))
    if name == "CATEGORY":
        return _CATEGORIES.get(str(arg), "x")
    inner = _inner(name, arg)
    return example(inner[0]) if inner and not name.startswith("ASSERT") else ""


_CATEGORIES = {"CATEGORY_SPACE": " ", "CATEGORY_DIGIT": "1", "CATEGORY_NOT_WORD": "-", "CATEGORY_NOT_SPACE": "x"}


def _of_a_set(arg: Any) -> str:
    first, negated = arg[0], str(arg[0][0]) == "NEGATE"
    if not negated:
        op, value = first
        return (
            chr(value)
            if str(op) == "LITERAL"
            else chr(value[0])
            if str(op) == "RANGE"
            else _CATEGORIES.get(str(value), "x")
        )
    taken = re.compile("[^" + "".join(_written(op, value) for op, value in arg[1:]) + "]")
    return next((sign for sign in "x1 -.水\x01" if taken.match(sign)), "x")


def _written(op: Any, value: Any) -> str:
    if str(op) == "LITERAL":
        return re.escape(chr(value))
    if str(op) == "RANGE":
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    return {"CATEGORY_SPACE": r"\s", "CATEGORY_DIGIT": r"\d", "CATEGORY_WORD": r"\w", "CATEGORY_NOT_WORD": r"\W"}.get(
        str(value), ""
    )


def growth(pattern: re.Pattern[str], methods: tuple[str, ...]) -> list[str]:
    """What takes too much longer for a longer text."""
    texts = {name: (make(SHORT), make(SHORT * TIMES)) for name, make in attacks(pattern).items()}
    return slow_ones(pattern, methods, texts, quick=QUICK, times=ALLOWED)


@pytest.mark.parametrize("place", PATTERNS)
def test_time_grows_as_the_text_does(place: str):
    found = PATTERNS[place]
    wrong = growth(found.pattern, found.methods)
    assert not wrong, f"{place} {found.pattern.pattern!r}\n" + "\n".join(wrong[:6])


def test_the_patterns_are_found():
    assert len(PATTERNS) > 70
    assert {place.split("/")[0] for place in PATTERNS} == {"rerank_core", "pages"}


@pytest.mark.parametrize(
    "slow", [r"(a+)+b", r"(a|a)*b", r"x*x*y", r"^(\w+\s?)*:", r"[ \t]+(.+?)[ \t]*#*[ \t]*$", r"(?:#+|##)*z", r"\s+$"]
)
def test_the_attack_finds_what_goes_back(slow: str):
    assert growth(re.compile(slow), ("search",))
