"""What a family of rerankers implements: scores or an order of texts, and how many tokens its model can see."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rerank_core.types import Doc, Progress, no_progress


@dataclass(frozen=True, slots=True)
class TokenLimit:
    """How much of a text a model sees.

    `max_tokens` is the longest input of the model, `special_tokens` what it adds itself ([CLS], [SEP], a prompt), and
    `count` gives the tokens of each text without those. `query_shares`: query and passage share the input, so that a
    long query leaves less room for the passage; when both do not fit, the longer one is cut first, as the `tokenizers`
    library does it. `query_first`: only the passage is cut, the query at most to `query_max`. `cut` is for a model that
    reads a passage together with other words, so that its tokens are not those of the passage alone: it gives what
    `tokens_cut` does.
    """

    max_tokens: int
    special_tokens: int
    count: Callable[[Sequence[str]], list[int]]
    query_shares: bool
    query_first: bool = False
    query_max: int | None = None
    cut: Callable[[str, Sequence[str]], list[int]] | None = None

    def tokens_cut(self, query: str, texts: Sequence[str]) -> list[int]:
        """For each text, how many of its tokens the model does not see next to this query; 0: it sees all."""
        if self.cut is not None:
            return self.cut(query, texts)
        room = max(0, self.max_tokens - self.special_tokens)
        query_tokens = self.count([query])[0] if self.query_shares and texts else 0
        if self.query_max is not None:
            query_tokens = min(query_tokens, self.query_max)
        return [tokens - min(tokens, self._kept(room, query_tokens, tokens)) for tokens in self.count(texts)]

    def _kept(self, room: int, query_tokens: int, tokens: int) -> int:
        """The most tokens of a passage of `tokens` tokens that fit beside the query."""
        if self.query_first or query_tokens + tokens <= room:
            return max(0, room - query_tokens)
        # tokenizers' longest_first: the shorter of the two stays whole unless it alone takes half of the room
        shorter = min(query_tokens, tokens)
        if shorter + max(shorter, room - shorter) <= room:
            return tokens if tokens < query_tokens else room - query_tokens
        half, odd = divmod(room, 2)
        return half if query_tokens > tokens else half + odd


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which query token meets which passage token.

    `similarities` has one row per query token and one column per passage token, in the order of `query_tokens` and
    `text_tokens`; the score is the sum of the rows' maxima.
    """

    query_tokens: tuple[str, ...]
    text_tokens: tuple[str, ...]
    similarities: tuple[tuple[float, ...], ...]


class Reranker:
    """A loaded reranker. A family derives from Scorer or Orderer and overrides the defaults that do not hold for it.

    `limit`: how much of a text the model sees; None: nothing is ever cut, or the service does not tell. `runs_as`: how
    a local model is run, in words for a person; "": nothing to add to its device and batches. `batch_size`: how many
    texts a local model reads at once; 0: it has no fixed number.
    """

    limit: TokenLimit | None = None
    runs_as: str = ""
    batch_size: int = 0

    def document(self, doc: Doc) -> str:
        """What is read of a passage, before anything is cut: its `content`."""
        return doc.content

    def count_anew(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text as `limit.count` gives them, but never out of memory: to time the tokenizer.

        [] without a limit.
        """
        return self.limit.count(texts) if self.limit is not None else []

    def usage(self) -> Mapping[str, float]:
        """What was used since the last call of this, by name; the counters start again. {}: nothing is counted."""
        return {}

    def notes(self) -> Sequence[str]:
        """Lines for people on what happened since the last call of this."""
        return ()

    def close(self) -> None:
        """Give back what it holds, such as connections; it cannot be used any more. A local model holds nothing."""
        return None


class Scorer(Reranker, ABC):
    """A reranker that gives scores.

    `chunk`: how many texts one call takes best; 0: all of them in one call. `together`: a score holds only beside the
    others of its call, so that all texts go into one call and no score is kept for later. `skips_blank`: a text without
    a sign to read must not be sent: it gets no score and stands last.
    """

    chunk: int = 32
    together: bool = False
    skips_blank: bool = False

    @abstractmethod
    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Raw scores, one per text, in the order of `texts`; higher is better; [] for []."""

    def align(self, query: str, text: str) -> Alignment | None:
        """The similarities of all token pairs; None for a family that does not compare tokens."""
        return None

    def contributions(self, query: str, text: str) -> list[tuple[str, float]] | None:
        """What each shared term adds to the score, the most first; None for a family whose score is no such sum."""
        return None


class Orderer(Reranker, ABC):
    """A reranker that gives an order and no scores."""

    @abstractmethod
    def order(self, query: str, texts: Sequence[str], progress: Progress = no_progress) -> list[int]:
        """The places of the texts (from 0), best first: each exactly once. `progress` is told on the way."""


class ScoreCache(Protocol):
    """Kept scores: (model key, query hash, text hash) -> (raw score, tokens cut)."""

    def get_many(self, model: str, query_hash: str, hashes: Sequence[str]) -> dict[str, tuple[float, int]]:
        """Text hash -> (raw score, tokens cut), for those that are kept."""

    def put_many(self, model: str, query_hash: str, items: Mapping[str, tuple[float, int]]) -> None:
        """Keep text hash -> (raw score, tokens cut)."""
