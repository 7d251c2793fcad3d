"""How many tokens a text has, as the model's own tokenizer counts."""

from __future__ import annotations

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
    found = getattr(config, "max_position_embeddings", None)
    if not found:
        return None
    # RoBERTa's positions begin after the padding's
    roberta = getattr(config, "model_type", "") in ("roberta", "xlm-roberta", "camembert")
    return int(found) - (config.pad_token_id + 1 if roberta else 0)


def passage_limit(model: Any) -> TokenLimit:
    """The limit of a sentence-transformers encoder that reads query and passage apart, its document prompt included."""
    empty = model.preprocess([""], prompt=model.prompts.get("document"))
    special = int(empty["input_ids"].shape[1])
    return TokenLimit(model.max_seq_length, special, counter(model.tokenizer), query_shares=False)
