"""What a language model would read: the first passages of a ranking as one text, before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rerank_core.corpus.lengths import TokenCounter
from rerank_core.rerankers.services.llm.fence import fenced
from rerank_core.types import Doc, Ranking


@dataclass(frozen=True, slots=True)
class Part:
    """One passage of a context: its number in it (from 1), and how many tokens it takes."""

    docid: str
    number: int
    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Context:
    """The first passages of a ranking, in its order. Tokens are the bundled MiniLM's; other models count otherwise."""

    parts: tuple[Part, ...]

    @property
    def tokens(self) -> int:
        """Of all parts together, the frame around the passages left out."""
        return sum(part.tokens for part in self.parts)

    @property
    def text(self) -> str:
        """The context as it is sent: the passages numbered, each in a fence of its own."""
        return "\n".join(fenced("passage", part.text, f' number="{part.number}"') for part in self.parts)


@dataclass(frozen=True, slots=True)
class ContextChange:
    """Two contexts for one query. `gained`: docids that only `after` holds, in its order; `lost`: only `before`."""

    before: Context
    after: Context
    gained: tuple[str, ...]
    lost: tuple[str, ...]


def context_of(ranking: Ranking, docs: Mapping[str, Doc], k: int) -> Context:
    """The context of the first `k` passages. `docs`: docid -> passage, for all of them."""
    chosen = ranking.docs[:k]
    texts = [docs[doc.docid].content for doc in chosen]
    counts = TokenCounter().count(texts) if texts else []
    # the counter adds the two tokens that BERT sets around a text
    parts = [
        Part(doc.docid, number, text, count - 2)
        for number, (doc, text, count) in enumerate(zip(chosen, texts, counts, strict=True), 1)
    ]
    return Context(tuple(parts))


def context_change(before: Ranking, after: Ranking, docs: Mapping[str, Doc], k: int) -> ContextChange:
    """What the first `k` of two rankings of a query put before a model."""
    old, new = context_of(before, docs, k), context_of(after, docs, k)
    had, has = ([part.docid for part in context.parts] for context in (old, new))
    gained = tuple(docid for docid in has if docid not in had)
    lost = tuple(docid for docid in had if docid not in has)
    return ContextChange(old, new, gained, lost)
