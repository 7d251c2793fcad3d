"""A small world: corpora in memory, an encoder that counts words, a store that counts what it is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pytest

from rerank_core.types import Doc


class ListedCorpus:
    def __init__(self, docs: Iterable[Doc]) -> None:
        self._docs = list(docs)
        self.walks = 0

    def __len__(self) -> int:
        return len(self._docs)

    def docs(self) -> Iterable[Doc]:
        self.walks += 1
        return iter(self._docs)


class WordCounter:
    """An encoder whose vectors are the counts of four words, made unit length."""

    key = "word-counter"
    batch_size = 2
    note = ""
    words = ("cat", "dog", "fish", "bird")

    def __init__(self) -> None:
        self.embedded: list[str] = []
        self.queries: list[str] = []

    def encode_documents(self, texts: Sequence[str]) -> np.ndarray:
        self.embedded.extend(texts)
        return np.stack([self._vector(text) for text in texts])

    def encode_query(self, text: str) -> np.ndarray:
        self.queries.append(text)
        return self._vector(text)

    def _vector(self, text: str) -> np.ndarray:
        counts = np.array([text.split().count(word) for word in self.words], dtype=np.float32)
        return counts / (np.linalg.norm(counts) or 1)


class DictStore:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], np.ndarray] = {}

    def get_many(self, model: str, hashes: Sequence[str]) -> dict[str, np.ndarray]:
        return {text: self.kept[model, text].astype(np.float32) for text in hashes if (model, text) in self.kept}

    def put_many(self, model: str, items: Mapping[str, np.ndarray]) -> None:
        self.kept.update({(model, text): vector.astype(np.float16) for text, vector in items.items()})


@pytest.fixture
def corpus_of():
    """Make a corpus of docid -> text, with docid -> metadata beside it."""

    def make(texts: Mapping[str, str], metadata: Mapping[str, Mapping[str, object]] | None = None) -> ListedCorpus:
        return ListedCorpus(Doc(docid, text, metadata=(metadata or {}).get(docid, {})) for docid, text in texts.items())

    return make


@pytest.fixture
def encoder():
    return WordCounter()


@pytest.fixture
def store():
    return DictStore()
