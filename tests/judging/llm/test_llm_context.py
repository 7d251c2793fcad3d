"""The text that a model would read: which passages, in which order, how many tokens."""

from __future__ import annotations

from rerank_core.judging.llm.context import context_change, context_of
from rerank_core.types import Doc
from tests.support.whole_sets import ranking

DOCS = {"a": Doc("a", "one two three"), "b": Doc("b", "four", "Five"), "c": Doc("c", ""), "d": Doc("d", "six")}


def test_the_first_passages_stand_numbered_in_their_order():
    found = context_of(ranking("q", "s", "bac"), DOCS, 2)
    assert found.text == (
        '<passage number="1">\nFive\nfour\n</passage>\n<passage number="2">\none two three\n</passage>'
    )


def test_tokens_are_counted_a_passage_and_in_all():
    found = context_of(ranking("q", "s", "abc"), DOCS, 3)
    assert [part.tokens for part in found.parts] == [3, 2, 0]
    assert found.tokens == 3 + 2 + 0


def test_what_comes_in_and_what_goes_out():
    change = context_change(ranking("q", "s", "abcd"), ranking("q", "t", "dbac"), DOCS, 2)
    assert change.gained == ("d",)
    assert change.lost == ("a",)
    assert [part.docid for part in change.after.parts] == ["d", "b"]


def test_an_empty_ranking_is_an_empty_context():
    change = context_change(ranking("q", "s", ""), ranking("q", "t", "a"), DOCS, 5)
    assert (change.before.text, change.before.tokens, change.gained, change.lost) == ("", 0, ("a",), ())
