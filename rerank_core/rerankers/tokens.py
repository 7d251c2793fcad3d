"""How many tokens a text has, as the model's own tokenizer counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any

from rerank_core.rerankers.family import TokenLimit


def counter(tokenizer: Any) -> Callable[[Sequence[str]], list[int]]:
    """A function from texts to their numbers of tokens, without the special ones and without truncation."""

    def count(texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        encoded = tokenizer(
            list(texts), add_special_tokens=False, truncation=False, padding=False, return_attention_mask=False,
            verbose=False,
        )  # fmt: skip
        return [len(ids) for ids in encoded["input_ids"]]

    return count


def own_tokens(body: Sequence[int], empty: Sequence[int]) -> int:
    """How many tokens of a body hold some of its passage: those after what it shares with an empty passage's body."""
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(body, empty, strict=False)))
    return len(body) - shared


def longest_input(tokenizer: Any, config: Any, wished: int | None) -> int:
    """The longest input in tokens: what the tokenizer and the position table allow, and no more than `wished`."""
    limits = (tokenizer.model_max_length, positions(config), wished)
    return int(min(limit for limit in limits if limit is not None))


def positions(config: Any) -> int | None:
    """How many tokens a model's table of positions has room for; None where it has none."""
    table_size = getattr(config, "max_position_embeddings", None)
    if not table_size:
        return None
    # RoBERTa's positions begin after the padding's
    roberta = getattr(config, "model_type", "") in ("roberta", "xlm-roberta", "camembert")
    return int(table_size) - (config.pad_token_id + 1 if roberta else 0)


def passage_limit(model: Any) -> TokenLimit:
    """The limit of a sentence-transformers encoder that reads query and passage apart, its document prompt included."""
    empty = model.preprocess([""], prompt=model.prompts.get("document"))
    special = int(empty["input_ids"].shape[1])
    return TokenLimit(model.max_seq_length, special, counter(model.tokenizer), query_shares=False)


# scripts without spaces between words are cut at each character
_PIECE = re.compile(r"[^\W\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|\S")


def seen_end(limit: TokenLimit | None, query: str, text: str) -> int:
    """How many characters of `text` the model sees beside this query: up to the end of a word or sign.

    The whole text where nothing is cut, 0 where nothing fits. It is found by counting the tokens of beginnings of the
    text: a word of which only a part fits counts as not seen.
    """
    cut = limit.tokens_cut(query, [text])[0] if limit is not None else 0
    if limit is None or not cut:
        return len(text)
    kept = limit.count([text])[0] - cut
    ends = [piece.end() for piece in _PIECE.finditer(text)]
    low, high = 0, len(ends)
    while low < high:
        middle = (low + high + 1) // 2
        if limit.count([text[: ends[middle - 1]]])[0] <= kept:
            low = middle
        else:
            high = middle - 1
    return ends[low - 1] if low else 0


_END = re.compile(r"(?<![.!?…؟۔।॥።։])[.!?…؟۔।॥።։]+[\"'”’»)\]]*(?=\s)|[。！？｡．]+[”’」』）]*|\n+")


def sentences(text: str, most: int = 80) -> list[tuple[int, int]]:
    """(start, end) of each sentence, in characters, without the white space around it.

    A sentence ends at a full stop, question or exclamation mark before white space, at its CJK counterpart, and at a
    line break; abbreviations are not known, and cut one in two. Where there are more than `most`, neighbours are joined
    so that there are not. [] for a blank text.
    """
    spans, start = [], 0
    for end in (*(match.end() for match in _END.finditer(text)), len(text)):
        piece = text[start:end]
        if piece.strip():
            spans.append((start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())))
        start = end
    return _joined(spans, most)


def _joined(spans: Sequence[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    size = -(-len(spans) // most) if spans else 1
    return [(spans[i][0], spans[min(i + size, len(spans)) - 1][1]) for i in range(0, len(spans), size)]
