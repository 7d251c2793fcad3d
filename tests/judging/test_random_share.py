"""The share of the queue that is drawn at random."""

from __future__ import annotations

import pytest

from rerank_core.judging.pool import interleaved, is_random_turn, random_order


@pytest.mark.parametrize(("share", "turns"), [(0.2, [4, 9]), (0.5, [1, 3, 5, 7, 9]), (0.0, []), (1.0, [*range(10)])])
def test_the_random_turns_are_evenly_spread(share, turns):
    assert [turn for turn in range(10) if is_random_turn(turn, share)] == turns
    assert sum(is_random_turn(turn, share) for turn in range(1000)) == round(1000 * share)


def test_the_random_order_follows_from_the_seed_and_the_names_alone():
    pool = [("q", f"d{number}") for number in range(50)]
    order = random_order(pool, 1)
    assert sorted(order) == sorted(pool)
    assert order == random_order(reversed(pool), 1) != random_order(pool, 2)
    # what is gone, or comes later, leaves the others' order as it was
    assert [pair for pair in order if pair != pool[7]] == random_order(pool[:7] + pool[8:], 1)


def test_each_pair_comes_once_and_one_queue_goes_on_where_the_other_ends():
    matters, random = [("q", "a"), ("q", "b"), ("q", "c")], [("q", "b"), ("q", "d"), ("q", "e")]
    found = interleaved(matters, random, share=0.5, turn=0, n=10)
    assert found == [
        (("q", "a"), False),
        (("q", "b"), True),
        (("q", "c"), False),
        (("q", "d"), True),
        (("q", "e"), True),
    ]
