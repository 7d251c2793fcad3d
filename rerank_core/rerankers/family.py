"""What a family of rerankers implements: raw scores for texts, and how many tokens its model can see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from rerank_core.types import Progress, no_progress


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


class Scorer(Protocol):
    """A loaded reranker that gives scores.

    A family may also have `chunk: int`, the number of texts that one call takes best (0: all of them in one call);
    `together: bool`, True where a score holds only beside the others of its call, so that all texts go into one call
    and no score is kept for later; `document(doc) -> str`, what it reads of a passage (else its `content`); and
    `skips_blank: bool`, True where a text without a sign to read must not be sent: it gets no score and stands last.
    """

    @property
    def limit(self) -> TokenLimit | None:
        """How much of a text the model sees; None: nothing is ever cut, or the service does not tell."""

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Raw scores, one a text, in the order of `texts`; higher is better; [] for []."""


@runtime_checkable
class Orderer(Protocol):
    """A loaded reranker that gives an order and no scores."""

    @property
    def limit(self) -> TokenLimit | None:
        """How much of a text the model sees; None: nothing is ever cut, or the service does not tell."""

    def order(self, query: str, texts: Sequence[str], progress: Progress = no_progress) -> list[int]:
        """The places of the texts (from 0), best first: each exactly once. `progress` is told on the way."""


Reranker = Scorer | Orderer


@runtime_checkable
class Counted(Protocol):
    """What a reranker may have beside its work: what it used, and what people should know."""

    def usage(self) -> Mapping[str, float]:
        """What was used since the last call of this, by name; the counters start again."""

    def notes(self) -> Sequence[str]:
        """Lines for people on what happened since the last call of this."""


class ScoreCache(Protocol):
    """Kept scores: (model key, query hash, text hash) -> (raw score, tokens cut)."""

    def get_many(self, model: str, query_hash: str, hashes: Sequence[str]) -> dict[str, tuple[float, int]]:
        """Text hash -> (raw score, tokens cut), for those that are kept."""

    def put_many(self, model: str, query_hash: str, items: Mapping[str, tuple[float, int]]) -> None:
        """Keep text hash -> (raw score, tokens cut)."""
