"""Query and passage as the BGE rerankers made of language models read them.

The layout is that of FlagEmbedding's decoder-only rerankers: begin of text, "A: " and the query, a line break, "B: "
and the passage, a line break, the prompt. The prompt is never cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rerank_core.errors import RerankLensError
from rerank_core.rerankers.family import TokenLimit
from rerank_core.rerankers.tokens import counter

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
    """Makes rows of tokens out of a query and passages."""

    def __init__(self, tokenizer: Any, prompt: str, max_length: int) -> None:
        self._tokenizer, self._max_length = tokenizer, max_length
        self.limit = pair_limit(counter(tokenizer), prompt, max_length)
        self._break, self._prompt = self._ids("\n"), self._ids(prompt)
        if tokenizer.bos_token_id is None:
            raise RerankLensError("the tokenizer of this model has no token for the begin of a text")

    def rows(self, query: str, texts: Sequence[str]) -> list[Row]:
        """One row a text, in their order."""
        head = [self._tokenizer.bos_token_id, *self._ids(f"A: {query}")[: self._max_length * 3 // 4]]
        tail = self._break + self._prompt
        room = self._max_length + len(tail) - len(head)
        rows = []
        for text in texts:
            passage = self._break + self._ids(f"B: {text}")[: self._max_length]
            rows.append(Row(head + passage[:room] + tail, len(head) + len(self._break), len(tail)))
        return rows

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)["input_ids"])


def pair_limit(count: Callable[[Sequence[str]], list[int]], prompt: str, max_length: int) -> TokenLimit:
    """How much of a passage fits, by FlagEmbedding's rules: the query takes three quarters of `max_length` at most."""
    line_break, asked, word, query, text = count(["\n", prompt, "word", "A: word", "B: word"])
    # the blank of a mark becomes a part of the next word's first token
    query_mark, text_mark = query - word, text - word
    return TokenLimit(
        max_length + line_break + asked,
        1 + query_mark + line_break + text_mark,
        count,
        query_shares=True,
        query_first=True,
        query_max=max_length * 3 // 4 - query_mark,
        text_max=max_length - text_mark,
    )
