"""One queue for many callers: shared packs, urgent ones first, and a stop at the end of a pack."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from rerank_core.errors import CancelledError
from rerank_core.inference.caller import own_clock
from rerank_core.inference.pair_queue import PairQueue
from rerank_core.inference.pair_tokens import Pair


def pair(value: int, tokens: int = 10) -> Pair:
    return Pair(np.full(tokens, value, np.int32), np.zeros(tokens, np.int32))


class Model:
    """Scores a pair by its first id, and remembers its packs; `gate` holds it back."""

    def __init__(self) -> None:
        self.packs: list[list[int]] = []
        self.pause = 0.0
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def __call__(self, pairs):
        self.entered.set()
        assert self.gate.wait(20)
        threading.Event().wait(self.pause)
        values = [int(one.ids[0]) for one in pairs]
        self.packs.append(values)
        if any(value < 0 for value in values):
            raise RuntimeError("no memory")
        return [float(value) for value in values]


def test_scores_come_in_the_order_of_the_pairs_whatever_their_lengths() -> None:
    queue = PairQueue(Model(), 40)
    pairs = [pair(number, tokens=1 + (number * 7) % 30) for number in range(50)]
    assert queue.score(pairs) == [float(number) for number in range(50)]
    assert queue.score([]) == []


def test_a_pack_holds_its_budget_or_one_long_pair() -> None:
    model = Model()
    PairQueue(model, 100).score([pair(0, 10), pair(1, 500), pair(2, 10), pair(3, 10)])
    assert [1] in model.packs
    assert sorted(value for pack in model.packs for value in pack) == [0, 1, 2, 3]


def waiting(queue: PairQueue, count: int) -> None:
    """Until so many callers are in the queue."""
    for _ in range(2000):
        with queue._changed:
            if len(queue._waiting) == count:
                return
        threading.Event().wait(0.005)
    raise AssertionError(f"{count} callers never waited together")


def test_callers_share_packs_and_urgent_ones_go_first() -> None:
    model = Model()
    queue = PairQueue(model, 1000)
    model.gate.clear()
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(queue.score, [pair(1)])
        assert model.entered.wait(20)
        others = [threads.submit(queue.score, [pair(20 + number)]) for number in range(2)]
        waiting(queue, 3)
        urgent = threads.submit(queue.score, [pair(9)], True)
        waiting(queue, 4)
        model.gate.set()
        assert (first.result(20), urgent.result(20)) == ([1.0], [9.0])
        assert [one.result(20) for one in others] == [[20.0], [21.0]]
    assert model.packs[:2] == [[1], [9]]
    assert sorted(model.packs[2]) == [20, 21]


def test_a_stop_ends_one_call_at_the_end_of_a_pack_and_no_other() -> None:
    model = Model()
    queue = PairQueue(model, 10)
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        queue.score([pair(number) for number in range(8)], look=look)
    # one pack after each of the first two looks
    assert len(model.packs) == 2
    assert queue.score([pair(5)]) == [5.0]


def test_a_caller_who_waits_for_another_may_stop_too() -> None:
    model = Model()
    queue = PairQueue(model, 10)
    model.gate.clear()

    def look() -> None:
        if model.entered.is_set() and threading.current_thread() is not threading.main_thread():
            return
        raise CancelledError("stopped")

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(queue.score, [pair(1)])
        assert model.entered.wait(20)
        with pytest.raises(CancelledError):
            queue.score([pair(2)], look=look)
        model.gate.set()
        assert first.result(20) == [1.0]
    assert model.packs == [[1]]


def test_a_failure_reaches_the_callers_of_its_pack_and_the_queue_goes_on() -> None:
    model = Model()
    queue = PairQueue(model, 1000)
    with pytest.raises(RuntimeError, match="no memory"):
        queue.score([pair(-1), pair(2)])
    assert queue.score([pair(3)]) == [3.0]


def test_forty_callers_at_once_get_their_own_scores() -> None:
    queue = PairQueue(Model(), 50)

    def call(number: int) -> list[float]:
        return queue.score([pair(number * 100 + place) for place in range(9)], urgent=number % 3 == 0)

    with ThreadPoolExecutor(16) as threads:
        for number, scores in enumerate(threads.map(call, range(40))):
            assert scores == [float(number * 100 + place) for place in range(9)]


def test_the_time_of_a_shared_pack_is_its_callers_by_their_tokens() -> None:
    model = Model()
    queue = PairQueue(model, 1000)

    def timed(one: Pair) -> float:
        before = own_clock()
        queue.score([one])
        return own_clock() - before

    model.gate.clear()
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(timed, pair(1))
        assert model.entered.wait(20)
        others = [threads.submit(timed, pair(20, 10)), threads.submit(timed, pair(21, 30))]
        waiting(queue, 3)
        model.pause = 0.2
        threading.Event().wait(0.2)  # the first one's pack takes as long, and the others wait for it
        model.gate.set()
        short, long = (one.result(20) for one in others)
    assert first.result() > 0.2
    # theirs is the second pack alone, a quarter and three quarters of it
    assert sorted(model.packs[1]) == [20, 21]
    assert short < long
    assert long > 0.14


@pytest.mark.parametrize("kind", ["torch", "python"])
def test_a_pack_without_memory_is_halved_and_none_is_as_large_again(kind):
    import torch

    error, sizes = torch.OutOfMemoryError if kind == "torch" else MemoryError, []

    def run(pairs):
        sizes.append(len(pairs))
        if len(pairs) > 3:
            raise error("no room")
        return [float(one.ids[0]) for one in pairs]

    queue = PairQueue(run, 1000)
    assert queue.score([pair(value, 10 + value % 2) for value in range(20)]) == [float(value) for value in range(20)]
    too_large = [size for size in sizes if size > 3]
    assert too_large[0] == 20
    assert all(now <= before / 2 for before, now in pairwise(too_large))
    tried = len(sizes)
    assert queue.score([pair(value) for value in range(20)]) == [float(value) for value in range(20)]
    assert max(sizes[tried:]) <= 3


def test_one_pair_without_memory_is_a_failure_and_the_others_of_its_call_are_not_tried_for_ever():
    def run(pairs):
        raise MemoryError("no room")

    with pytest.raises(MemoryError):
        PairQueue(run, 1000).score([pair(1), pair(2)])
