"""Texts made ready for a service: batches, first words, and estimated tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.rerankers.services.batches import batches
from rerank_core.rerankers.services.lengths import estimated_tokens
from rerank_core.rerankers.services.llm.words import count_words, first_words, word_limit


@given(st.lists(st.text(max_size=20)), st.integers(1, 5), st.integers(1, 40) | st.none(), st.integers(0, 5))
def test_batches_hold_every_text_in_order_within_the_bounds(texts, most, characters, beside) -> None:
    split = list(batches(texts, most, characters, beside))
    assert [text for batch in split for text in batch] == texts
    for batch in split:
        assert 1 <= len(batch) <= most
        assert len(batch) == 1 or characters is None or sum(len(text) + beside for text in batch) <= characters


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        ("a b c", 2, "a b"),
        ("a b c", 3, "a b c"),
        (" a\n b ", 1, " a"),
        ("", 1, ""),
        ("a ", 5, "a "),
        # scripts without spaces are counted by characters, and so is what is too long for a word
        ("低头思故乡。", 2, "低头"),
        ("故乡 abc 故乡", 4, "故乡 abc 故"),
        ("ひらがなカタカナ", 3, "ひらが"),
        ("ภาษาไทยง่าย", 2, "ภาษาไทยง่"),
        ("a" * 120 + " b", 2, "a" * 100),
        ("테스트 문서 하나", 2, "테스트 문서"),
        ("हिन्दी भाषा", 1, "हिन्दी"),
        # marks stay with their letter
        ("e" * 49 + "e\u0301" + "f", 1, "e" * 50 + "\u0301"),
        ("がぎ", 1, "が"),
    ],
)
def test_first_words(text: str, most: int, kept: str) -> None:
    assert first_words(text, most) == kept


@given(st.text("ab \n\t", max_size=50), st.integers(1, 10))
def test_what_is_cut_is_what_is_told(text: str, most: int) -> None:
    (cut,) = word_limit(most).tokens_cut("query", [text])
    assert cut == len(text.split()) - len(first_words(text, most).split())


@given(st.text(max_size=400), st.integers(1, 20))
def test_what_is_sent_is_bounded_in_every_script(text: str, most: int) -> None:
    kept = first_words(text, most)
    assert text.startswith(kept)
    assert len("".join(kept.split())) <= most * (50 + 16)
    assert count_words(kept) == min(most, count_words(text))


def test_seven_thousand_characters_of_chinese_are_not_one_word() -> None:
    assert len(first_words("床前明月光疑是地上霜" * 700, 300)) == 300


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("abcd" * 10, 10), ("日本語", 3), ("abcdé", 2)])
def test_tokens_are_estimated_from_characters(text: str, tokens: int) -> None:
    assert estimated_tokens([text]) == [tokens]
