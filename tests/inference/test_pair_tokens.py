"""Pairs of tokens are those of the tokenizer itself, truncated as it truncates; passages are tokenized once."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rerank_core.inference.pair_tokens import _ENTRY_BYTES, PairTokens, UnknownModelError, longest_first, passage_only

# The two long texts pass the longest limit, 512 tokens, and no more: to check against, the tokenizer itself keeps what
# it cuts off, for a pair in as many pieces as the pieces of one text times those of the other.
ODD = [
    "",
    " ",
    "a",
    "\t\n two  words \u00a0",
    "w" * 600,
    "Ünïcödé 北京 🐦",
    "[SEP] </s> <pad> [PAD] <s>",
    "fish " * 600,
]


@pytest.fixture(scope="module", params=["bert_folder", "xlmr_folder"])
def tokenizer(request: pytest.FixtureRequest):
    from transformers import AutoTokenizer

    folder: Path = request.getfixturevalue(request.param)
    return AutoTokenizer.from_pretrained(str(folder))


def expected(tokenizer, query: str, text: str, most: int) -> dict[str, list[int]]:
    return tokenizer([[query, text]], truncation="longest_first", max_length=most, padding=True)


@pytest.mark.parametrize("most", [16, 17, 64, 512])
def test_pairs_are_those_of_the_tokenizer(tokenizer, most: int) -> None:
    tokens = PairTokens(tokenizer, most)
    typed = "token_type_ids" in tokenizer.model_input_names
    for query in ODD:
        for text, pair in zip(ODD, tokens.pairs(query, ODD), strict=True):
            wanted = expected(tokenizer, query, text, most)
            assert pair.ids.tolist() == wanted["input_ids"][0]
            assert pair.types.tolist() == (wanted["token_type_ids"][0] if typed else [0] * len(pair))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=60), text=st.text(max_size=120), most=st.integers(8, 40))
def test_any_text_gives_the_tokenizers_own_tokens(tokenizer, query: str, text: str, most: int) -> None:
    pair = PairTokens(tokenizer, most).pairs(query, [text])[0]
    assert pair.ids.tolist() == expected(tokenizer, query, text, most)["input_ids"][0]


@settings(max_examples=200, deadline=None)
@given(query=st.integers(0, 30), text=st.integers(0, 30), room=st.integers(0, 30))
def test_what_is_kept_is_never_more_than_there_is_or_fits(query: int, text: int, room: int) -> None:
    kept = longest_first(query, text, room)
    assert kept[0] <= query
    assert kept[1] <= text
    assert sum(kept) == min(query + text, room)


def test_the_longer_text_gives_way_first() -> None:
    assert longest_first(4, 100, 20) == (4, 20 - 4)
    assert longest_first(100, 4, 20) == (20 - 4, 4)
    # both longer than half of an odd room: the longer one gets the odd token
    assert longest_first(50, 60, 21) == (10, 11)
    assert longest_first(60, 50, 21) == (11, 10)


def test_a_query_beside_which_only_the_passage_gives_way_keeps_three_quarters_of_the_length() -> None:
    # room for 20 beside 3 special tokens: a query has 23 * 3 // 4 = 17 of them at most
    assert passage_only(4, 100, 20, 23) == (4, 16)
    assert passage_only(18, 100, 20, 23) == (17, 3)
    assert passage_only(100, 1, 20, 23) == (17, 1)
    assert passage_only(0, 100, 20, 23) == (0, 20)
    # no more than there is room for at all
    assert passage_only(100, 100, 12, 20) == (12, 0)


@pytest.mark.parametrize("most", [32, 64])
def test_a_short_query_beside_a_passage_that_alone_gives_way_is_the_tokenizers_only_second(tokenizer, most) -> None:
    tokens = PairTokens(tokenizer, most, "passage")
    texts = ["", " \n", "otters \U0001f426", "fish " * 100]
    for query in ("", "fish", "\t\n two  \u00a0"):
        for text, pair in zip(texts, tokens.pairs(query, texts), strict=True):
            wanted = tokenizer([[query, text]], truncation="only_second", max_length=most)
            assert pair.ids.tolist() == wanted["input_ids"][0]


def test_counts_are_of_the_whole_text(tokenizer) -> None:
    tokens = PairTokens(tokenizer, 16)
    whole = [len(ids) for ids in tokenizer(ODD, add_special_tokens=False)["input_ids"]]
    assert tokens.count(ODD) == whole
    tokens.pairs("q", ODD)
    assert tokens.count(ODD) == whole


class Counting:
    """A tokenizer that remembers what it was asked to encode."""

    def __init__(self, inner) -> None:
        self._inner, self.asked = inner, []

    def __getattr__(self, name: str):
        return getattr(self._inner, name)

    def encode_batch(self, texts, **options):
        self.asked.extend(texts)
        return self._inner.encode_batch(texts, **options)


def test_a_passage_is_tokenized_once_and_the_longest_unused_is_forgotten(tokenizer) -> None:
    long = "fish " * 5
    # room for all of these but one token of 4 bytes
    counts = PairTokens(tokenizer, 64).count(["fish", "a", "b", long])
    tokens = PairTokens(tokenizer, 64, kept_bytes=sum(_ENTRY_BYTES + 4 * count for count in counts) - 4)
    counting = tokens._tokenizer = Counting(tokens._tokenizer)
    tokens.pairs("fish", ["a", "b"])
    first = tokens.pairs("fish", ["b", "a"])
    assert sorted(counting.asked) == ["a", "b", "fish"]
    tokens.pairs("fish", [long])
    # b was asked for before a was
    again = tokens.pairs("fish", ["a", "b"])
    assert counting.asked[3:] == [long, "b"]
    assert [pair.ids.tolist() for pair in again] == [pair.ids.tolist() for pair in first[::-1]]
    asked = len(counting.asked)
    assert tokens.count_anew(["fish", "a"]) == tokens.count(["fish", "a"])
    assert counting.asked[asked:] == ["fish", "a"]


def test_a_file_that_asks_for_padding_and_truncation_does_not_get_them(tokenizer) -> None:
    # as the bundled model's tokenizer.json does
    tokenizer.backend_tokenizer.enable_padding(length=128)
    tokenizer.backend_tokenizer.enable_truncation(max_length=4)
    pair = PairTokens(tokenizer, 64).pairs("fish", ["otters eat fish"])[0]
    assert pair.ids.tolist() == expected(tokenizer, "fish", "otters eat fish", 64)["input_ids"][0]


def test_a_tokenizer_that_cuts_at_the_beginning_is_not_known(bert_folder: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(bert_folder), truncation_side="left")
    with pytest.raises(UnknownModelError, match="beginning"):
        PairTokens(tokenizer, 64)


def test_a_tokenizer_that_mixes_the_two_texts_is_not_known(bert_folder: Path) -> None:
    from tokenizers.processors import TemplateProcessing
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(bert_folder))
    passage_first = TemplateProcessing(
        single="$A", pair="[CLS] $B:1 [SEP] $A:0", special_tokens=[("[CLS]", 101), ("[SEP]", 102)]
    )
    tokenizer.backend_tokenizer.post_processor = passage_first
    with pytest.raises(UnknownModelError, match="of its own"):
        PairTokens(tokenizer, 64)


def test_tokens_are_small_integers(tokenizer) -> None:
    assert PairTokens(tokenizer, 64).pairs("fish", ["otters"])[0].ids.dtype == np.int32


def test_many_short_texts_take_no_more_memory_than_is_said(tokenizer) -> None:
    room = 2**20
    tokens = PairTokens(tokenizer, 64, kept_bytes=room)
    tokens.count(["fish"])
    tracemalloc.start()
    try:
        for start in range(0, 10_000, 500):
            tokens.pairs("fish", [f"a {number}" for number in range(start, start + 500)])
        assert tracemalloc.get_traced_memory()[0] < 1.25 * room
    finally:
        tracemalloc.stop()
    assert len(tokens._kept) > 1_000
