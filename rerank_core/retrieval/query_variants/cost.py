"""What it will take to have queries written, before the language model is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rerank_core.rerankers.catalogue.pricing import ChatPrice, chat_price
from rerank_core.rerankers.services.lengths import estimated_tokens
from rerank_core.rerankers.services.llm.fence import fenced
from rerank_core.retrieval.query_variants.prompts import EXPAND, HYDE, REWRITE, SEVERAL
from rerank_core.retrieval.query_variants.query_variant import QueryVariant

OBSERVED = 20
"""From so many answers on, their own length is the estimate."""
_ANSWER = {HYDE: 120, REWRITE: 15, SEVERAL: 15, EXPAND: 30}  # tokens of a model that does not think; several: per query


@dataclass(frozen=True, slots=True)
class WritingCost:
    """`queries`: those of `total` that nothing is written for yet, each text once. Tokens are estimated.

    `observed`: the length of an answer is the mean of this variant's answers so far. `price` None: not known.
    """

    queries: int
    total: int
    input_tokens: int
    output_tokens: int
    observed: bool
    price: ChatPrice | None

    @property
    def usd(self) -> float | None:
        """US dollars; None where the price is not known."""
        return None if self.price is None else self.price.usd(self.input_tokens, self.output_tokens)

    def sentence(self) -> str:
        """Such as "12 queries to write, about 1,200 tokens sent and 1,440 made: about $0.01 at ..."."""
        if not self.queries:
            return "Everything is written already: nothing is sent."
        queries = "1 query" if self.queries == 1 else f"{self.queries:,} queries"
        tokens = f"about {self.input_tokens:,} tokens sent and {self.output_tokens:,} made"
        more = "" if self.observed else " (more for a model that thinks first)"
        if self.price is None or self.usd is None:
            return f"{queries} to write, {tokens}{more}: the price is not known."
        money = f"${self.usd:.2f}" if self.usd >= 0.01 else "less than $0.01"
        return f"{queries} to write, {tokens}{more}: about {money} at {self.price.text}."


def writing_cost(
    variant: QueryVariant, queries: Sequence[str], total: int, answer_tokens: Sequence[int] = ()
) -> WritingCost:
    """The cost of asking for `queries`, of `total` in all. `answer_tokens`: of this variant's answers so far."""
    asked = list(dict.fromkeys(queries))
    sent = estimated_tokens([variant.system])[0] * len(asked)
    sent += sum(estimated_tokens([fenced("query", query) for query in asked])) if asked else 0
    observed = len(answer_tokens) >= OBSERVED
    guess = _ANSWER[variant.kind] * (variant.queries if variant.kind == SEVERAL else 1)
    each = sum(answer_tokens) / len(answer_tokens) if observed else guess
    price = chat_price(variant.host, variant.model)
    return WritingCost(len(asked), total, sent, round(each * len(asked)), observed, price)
