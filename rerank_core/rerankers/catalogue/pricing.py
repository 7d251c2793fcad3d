"""What services charge, as data with a date, and what a ranking's usage comes to. Prices change: look again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

# a search unit is one query with up to 100 documents; a document that is longer than 500 tokens together with the
# query counts as its chunks (cohere.com/pricing)
DOCUMENTS_A_UNIT = 100
TOKENS_A_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Price:
    """`usd` for each `per` of the counter `unit` of `Ranking.usage`; `on` says of which month that is known."""

    usd: float
    unit: Literal["search_units", "tokens"]
    per: int
    on: str
    source: str

    @property
    def text(self) -> str:
        """Such as "$0.05 per 1,000,000 tokens (2026-07)"."""
        return f"${self.usd:g} per {self.per:,} {self.unit.replace('_', ' ')} ({self.on})"


# by id of the catalogue's row; a model that is not here has a price that we do not know
PRICES = {
    "cohere-rerank-v3.5": Price(
        2.0, "search_units", 1000, "2026-04", "https://docs.memberjunction.org (second hand; cohere.com names no price)"
    ),
    # the unit is resellers'; a cost comes of it only where Cohere's own answers count tokens
    "cohere-rerank-v5.0-pro": Price(
        0.05, "tokens", 1_000_000, "2026-11", "https://www.getmaxim.ai (second hand; cohere.com names no price)"
    ),
    "cohere-rerank-v5.0-fast": Price(
        0.02, "tokens", 1_000_000, "2026-11", "https://www.getmaxim.ai, https://openrouter.ai (second hand)"
    ),
    "voyage-rerank-3": Price(
        0.05, "tokens", 1_000_000, "2026-11", "https://openrouter.ai, https://www.getmaxim.ai (second hand)"
    ),
    "voyage-rerank-3-lite": Price(
        0.02, "tokens", 1_000_000, "2026-11", "https://openrouter.ai, https://www.getmaxim.ai (second hand)"
    ),
    "voyage-rerank-2.5": Price(0.05, "tokens", 1_000_000, "2026-07", "https://docs.voyageai.com/docs/pricing"),
    "voyage-rerank-2.5-lite": Price(0.02, "tokens", 1_000_000, "2026-07", "https://docs.voyageai.com/docs/pricing"),
}


@dataclass(frozen=True, slots=True)
class ChatPrice:
    """US dollars for 1,000,000 tokens sent to a language model and made by it; `on`: of which month that is known."""

    input: float
    output: float
    on: str
    source: str

    @property
    def text(self) -> str:
        """Such as "$0.15 in and $0.6 out per 1,000,000 tokens (2026-03)"."""
        return f"${self.input:g} in and ${self.output:g} out per 1,000,000 tokens" + (
            f" ({self.on})" if self.on else ""
        )

    def usd(self, input_tokens: float, output_tokens: float) -> float:
        """What so many tokens come to."""
        return (self.input * input_tokens + self.output * output_tokens) / 1_000_000


def _openai(price_in: float, price_out: float) -> ChatPrice:
    source = "https://aumiqx.com, https://deploybase.ai (second hand; three lists of 2026 agree)"
    return ChatPrice(price_in, price_out, "2026-03", source)


# by the address's host and the model's name there, without the date of a snapshot
CHAT_PRICES = {
    ("api.openai.com", "gpt-4o"): _openai(2.5, 10.0),
    ("api.openai.com", "gpt-4o-mini"): _openai(0.15, 0.6),
    ("api.openai.com", "gpt-4.1"): _openai(2.0, 8.0),
    ("api.openai.com", "gpt-4.1-mini"): _openai(0.4, 1.6),
    ("api.openai.com", "gpt-4.1-nano"): _openai(0.1, 0.4),
}


def chat_price(host: str, model: str) -> ChatPrice | None:
    """The price of a language model at an address; None where we do not know it.

    >>> chat_price("api.openai.com", "gpt-4o-mini-2024-07-18").text
    '$0.15 in and $0.6 out per 1,000,000 tokens (2026-03)'
    """
    return CHAT_PRICES.get((host, re.sub(r"-\d{4}-\d{2}-\d{2}$", "", model)))


def cost(model_id: str, usage: Mapping[str, float]) -> float | None:
    """US dollars for a ranking's usage; None where the price is not known or what it counts was not counted."""
    price = PRICES.get(model_id)
    if price is None or price.unit not in usage:
        return None
    return price.usd * usage[price.unit] / price.per


def cost_per_1000(model_id: str, usages: Iterable[Mapping[str, float]]) -> float | None:
    """US dollars for 1,000 searches like these, one usage a search; None for no searches or where `cost` is None."""
    costs = [cost(model_id, usage) for usage in usages]
    known = [amount for amount in costs if amount is not None]
    return 1000 * sum(known) / len(known) if known and len(known) == len(costs) else None


def search_units(tokens: Sequence[int]) -> int:
    """Search units of one query; `tokens` counts, for each document, its own tokens and the query's. 0 for none.

    >>> search_units([200] * 100), search_units([200] * 101), search_units([501] * 51)
    (1, 2, 2)
    """
    chunks = sum(max(1, ceil(count / TOKENS_A_CHUNK)) for count in tokens)
    return ceil(chunks / DOCUMENTS_A_UNIT)
