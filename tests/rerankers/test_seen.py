"""Where a model stops reading, and where sentences end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.rerankers.family import TokenLimit
from rerank_core.rerankers.tokens import seen_end, sentences


def words(texts):
    return [len(text.split()) for text in texts]


def characters(texts):
    return [len(text.replace(" ", "")) for text in texts]


def test_a_text_that_fits_is_seen_whole():
    assert seen_end(TokenLimit(10, 2, words, query_shares=False), "q", "one two three ") == len("one two three ")
    assert seen_end(None, "q", "any text") == len("any text")


def test_the_end_is_that_of_the_last_word_that_fits():
    # 5 tokens, 2 of them special: three words
    assert seen_end(TokenLimit(5, 2, words, query_shares=False), "q", "one  two three four") == len("one  two three")


def test_the_query_takes_its_share():
    limit = TokenLimit(6, 0, words, query_shares=True, query_first=True)
    assert seen_end(limit, "a b c d", "one two three") == len("one two")


def test_a_word_of_which_only_a_part_fits_is_not_seen():
    assert seen_end(TokenLimit(5, 0, characters, query_shares=False), "q", "abc defg") == len("abc")


def test_where_nothing_fits_nothing_is_seen():
    assert seen_end(TokenLimit(2, 2, words, query_shares=False), "q", "one two") == 0


def test_a_script_without_spaces_ends_at_a_character():
    assert seen_end(TokenLimit(3, 0, characters, query_shares=False), "q", "漢字仮名") == 3


@given(st.text(alphabet="ab .\n漢", max_size=60), st.integers(1, 20))
def test_what_is_seen_never_has_more_tokens_than_fit(text, room):
    limit = TokenLimit(room, 0, characters, query_shares=False)
    end = seen_end(limit, "q", text)
    assert 0 <= end <= len(text)
    assert characters([text[:end]])[0] <= max(room, characters([text])[0] - limit.tokens_cut("q", [text])[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two? Three!", ["One.", "Two?", "Three!"]),
        ("Version 4.2 is out. Get it", ["Version 4.2 is out.", "Get it"]),
        ("Title\n\nHe said “no.” She left.", ["Title", "He said “no.”", "She left."]),
        ("一。二！三", ["一。", "二！", "三"]),
        ("  no end  ", ["no end"]),
        (" \n ", []),
    ],
)
def test_sentences(text, expected):
    assert [text[start:end] for start, end in sentences(text)] == expected


def test_too_many_sentences_are_joined_with_their_neighbours():
    text = "A. B. C. D. E."
    assert [text[start:end] for start, end in sentences(text, most=3)] == ["A. B.", "C. D.", "E."]


@given(st.text(alphabet="ab. \n!", max_size=80))
def test_sentences_hold_all_but_white_space_in_order_and_without_overlap(text):
    found = sentences(text)
    assert "".join(text[start:end] for start, end in found).replace(" ", "").replace("\n", "") == "".join(text.split())
    assert all(end <= start for (_, end), (start, _) in pairwise(found))
