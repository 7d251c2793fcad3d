"""Query and passage as the BGE rerankers made of language models read them.

The layout is that of FlagEmbedding's decoder-only rerankers: begin of text, "A: " and the query, a line break, "B: "
and the passage, a line break, the prompt. The prompt is never cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rerank_core.rerankers.family import TokenLimit
from rerank_core.rerankers.tokens import own_tokens

# the library's own defaults, which it keeps to itself
YES_NO_PROMPT = (
    "Given a query A and a passage B, determine whether the passage contains an answer to the query by providing a "
    "prediction of either 'Yes' or 'No'."
)
ANSWER_PROMPT = "Predict whether passage B contains an answer to query A."


@dataclass(frozen=True, slots=True)
class Row:
    """The tokens of one pair: `head` of the query's part, the passage's, and `tail` of the prompt's."""

    ids: list[int]
    head: int
    tail: int


class Pairs:
    """Makes rows of tokens out of a query and passages. `limit` says how much of a passage they hold."""

    def __init__(self, tokenizer: Any, prompt: str, max_length: int, begin: Sequence[int]) -> None:
        """`begin`: the tokens before the query's."""
        self._tokenizer, self._max_length, self._begin = tokenizer, max_length, list(begin)
        self._break, asked, self._empty = self._ids(["\n", prompt, "B: "])
        self._tail = self._break + asked
        longest = max_length + len(self._tail)
        special = len(self._begin) + len(self._break) + len(self._empty) + len(self._tail)
        self.limit = TokenLimit(longest + len(self._tail), special, self._count, query_shares=True, cut=self._cut)

    def rows(self, query: str, texts: Sequence[str]) -> list[Row]:
        """One row per text, in their order."""
        head = self._head(query)
        room = self._room(head)
        return [
            Row(head + passage[:room] + self._tail, len(head), len(self._tail)) for passage in self._passages(texts)
        ]

    def _head(self, query: str) -> list[int]:
        (asked,) = self._ids([f"A: {query}"])
        return self._begin + asked[: self._max_length * 3 // 4] + self._break

    def _room(self, head: Sequence[int]) -> int:
        """The most tokens of a passage after `head`, its mark "B: " among them."""
        # the library counts the prompt into the room, and then puts the prompt behind it
        return min(self._max_length + len(self._tail) - len(head), self._max_length)

    def _passages(self, texts: Sequence[str]) -> list[list[int]]:
        """The whole tokens of each passage, its mark among them."""
        return self._ids([f"B: {text}" for text in texts])

    def _count(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each passage where it stands in a row: its first may hold the blank of the mark."""
        return [own_tokens(passage, self._empty) for passage in self._passages(texts)]

    def _cut(self, query: str, texts: Sequence[str]) -> list[int]:
        """How many of each passage's tokens lie beyond the room: all of them less those of its row."""
        passages = self._passages(texts)
        room = self._room(self._head(query)) if passages else 0
        return [len(passage) - len(passage[:room]) for passage in passages]

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        if not texts:
            return []
        encoded = self._tokenizer(list(texts), add_special_tokens=False, truncation=False, padding=False, verbose=False)
        return [list(ids) for ids in encoded["input_ids"]]
