"""Batches are as large as a second allows: a person's query waits for the one that is under way."""

from __future__ import annotations

import numpy as np
import pytest

from rerank_core.retrieval import embedding
from rerank_core.retrieval.embedding import embedded
from rerank_core.types import Doc, no_progress


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Passages(list):
    def docs(self):
        return iter(self)


class Nothing:
    def get_many(self, model, hashes):
        return {}

    def put_many(self, model, items):
        pass


class Machine:
    """An encoder on a machine of which others take more and more, and then less."""

    key, batch_size, note = "slow", 16, ""

    def __init__(self, clock, seconds_per_text) -> None:
        self._clock, self._seconds, self.sizes = clock, seconds_per_text, []

    def encode_documents(self, texts):
        self.sizes.append(len(texts))
        self._clock.now += len(texts) * self._seconds(len(self.sizes))
        return np.ones((len(texts), 2), dtype=np.float32)


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(embedding, "perf_counter", made)
    return made


def sizes(clock, count, seconds_per_text):
    encoder = Machine(clock, seconds_per_text)
    passages = Passages(Doc(f"d{number}", f"passage {number}") for number in range(count))
    found = dict(pair for _, vectors in embedded(passages, encoder, Nothing(), no_progress) for pair in vectors.items())
    assert len(found) == count
    return encoder.sizes


def test_where_a_batch_takes_less_than_a_second_it_is_as_large_as_the_encoder_likes(clock):
    assert sizes(clock, 48, lambda batch: 0.04) == [4, 16, 16, 12]


def test_on_a_busy_machine_batches_shrink_to_a_second_and_grow_again(clock):
    assert sizes(clock, 48, lambda batch: 0.25 if batch <= 2 else 0.01) == [4, 4, 4, 16, 16, 4]


def test_a_text_that_takes_longer_than_a_second_is_a_batch_of_its_own(clock):
    assert sizes(clock, 20, lambda batch: 3.0) == [4, *([1] * 16)]
