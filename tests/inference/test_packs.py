"""Packs are even, hold every pair once, and leave a long document alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.inference.encoders.products import rounded_up
from rerank_core.inference.streams import PACK, packs, packs_alike


@pytest.mark.parametrize("pack", [packs, packs_alike])
@given(lengths=st.lists(st.integers(1, 600), max_size=120), streams=st.integers(1, 8))
def test_every_pair_is_in_one_pack_and_no_pack_is_empty(pack, lengths: list[int], streams: int) -> None:
    found = pack(lengths, streams)
    assert sorted(place for part in found for place in part) == list(range(len(lengths)))
    assert all(found)


@given(st.lists(st.integers(1, 600), min_size=1, max_size=120), st.integers(1, 8))
def test_packs_differ_by_no_more_than_the_longest_pair(lengths: list[int], streams: int) -> None:
    held = [sum(lengths[place] for place in part) for part in packs(lengths, streams)]
    assert max(held) - min(held) <= max(lengths)
    assert max(held) < PACK + max(lengths)


def test_a_long_document_costs_only_its_own() -> None:
    # 8,000 tokens beside ten of 20: padded to the longest they would be 11 * 8,000
    found = packs([20] * 5 + [8000] + [20] * 5, 1)
    assert [part for part in found if 5 in part] == [[5]]


@pytest.mark.parametrize(("tokens", "streams", "made"), [(7150, 2, 8), (7150, 1, 7), (2050, 2, 4), (1100, 2, 2)])
def test_no_stream_is_idle_while_another_has_a_pack_of_its_own_left(tokens: int, streams: int, made: int) -> None:
    assert len(packs([10] * (tokens // 10), streams)) == made


def test_few_short_pairs_are_shared_by_the_streams() -> None:
    assert len(packs([100] * 8, 4)) == 4
    assert len(packs([10] * 4, 4)) == 1


def test_a_pack_that_is_padded_holds_like_lengths() -> None:
    lengths = [20, 200] * 20
    found = packs_alike(lengths, 2)
    padded = sum(len(part) * max(lengths[place] for place in part) for part in found)
    assert sum(lengths) <= padded <= 1.1 * sum(lengths)
    mixed = sum(len(part) * max(lengths[place] for place in part) for part in packs(lengths, 2))
    assert mixed > 1.5 * sum(lengths)
    assert len(packs_alike([20] * 5 + [8000] + [20] * 5, 1)) == 2


@pytest.mark.parametrize("streams", [1, 2])
def test_nothing_makes_no_pack(streams: int) -> None:
    assert packs([], streams) == []


def test_a_cpu_meets_few_numbers_of_rows_and_fills_up_little() -> None:
    assert [rounded_up(rows) for rows in (1, 16, 250, 257, 1024, 1281)] == [16, 16, 256, 320, 1024, 1536]
    assert len({rounded_up(rows) for rows in range(1, 8193)}) < 50
    assert max(rounded_up(rows) / rows for rows in range(600, 1200)) < 1.1
