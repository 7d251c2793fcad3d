"""What it will take to have a service embed a dataset's passages, before it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from rerank_core.rerankers.services.lengths import estimated_tokens
from rerank_core.retrieval.dense_model import DenseModel
from rerank_core.retrieval.embedding import EmbeddingStore
from rerank_core.retrieval.embedding_services.prices import price_of
from rerank_core.types import Corpus

_WINDOW = 4096


@dataclass(frozen=True, slots=True)
class IndexCost:
    """`texts`: those without a vector yet, each once, of `passages`. `tokens`: estimated. `usd`: None: not known."""

    passages: int
    texts: int
    tokens: int
    usd: float | None
    price: str

    def sentence(self) -> str:
        """Such as "1,200 texts to embed, about 300,000 tokens: about $0.02 at $0.06 per 1,000,000 tokens (2026-05)"."""
        if not self.texts:
            return "Every passage is embedded already: nothing is sent."
        texts = "1 text" if self.texts == 1 else f"{self.texts:,} texts"
        money = f"about {_dollars(self.usd)} at {self.price}" if self.usd is not None else "the price is not known"
        return f"{texts} to embed, about {self.tokens:,} tokens: {money}."


def index_cost(corpus: Corpus, model: DenseModel, key: str, store: EmbeddingStore) -> IndexCost:
    """Walk the passages; those whose vectors `store` keeps under the encoder's `key` cost nothing.

    A query costs its own few tokens at each search, which is not counted here.
    """
    prefix = model.prefixes[1] or ""
    seen: set[str] = set()
    texts = tokens = passages = 0
    docs = iter(corpus.docs())
    while window := list(islice(docs, _WINDOW)):
        passages += len(window)
        new = {doc.text_hash: doc.content for doc in window if doc.content.strip() and doc.text_hash not in seen}
        seen.update(new)
        kept = store.get_many(key, list(new))
        missing = [prefix + text for text_hash, text in new.items() if text_hash not in kept]
        texts, tokens = texts + len(missing), tokens + sum(estimated_tokens(missing))
    price = price_of(model)
    return IndexCost(passages, texts, tokens, None if price is None else price.of(tokens), price.text if price else "")


def _dollars(amount: float) -> str:
    return "less than $0.01" if amount < 0.01 else f"${amount:,.2f}"
