"""What services ask for vectors, as known, with its month and its source. Prices change: look again."""

from __future__ import annotations

from dataclasses import dataclass

from rerank_core.retrieval.dense_model import ADDRESSES, COHERE, OPENAI, VOYAGE, DenseModel


@dataclass(frozen=True, slots=True)
class EmbeddingPrice:
    """US dollars for 1,000,000 tokens; `on`: of which month that is known."""

    usd: float
    on: str
    source: str

    def of(self, tokens: float) -> float:
        """What so many tokens come to, in US dollars."""
        return self.usd * tokens / 1_000_000

    @property
    def text(self) -> str:
        """Such as "$0.02 per 1,000,000 tokens (2026-07, second hand)", where the page is not the vendor's."""
        more = ", second hand" if "second hand" in self.source else ""
        return f"${self.usd:g} per 1,000,000 tokens ({self.on}{more})"


_VOYAGE_SOURCE = "https://usagepricing.com/blueprint/voyage-ai, https://hivebook.wiki (second hand; free tiers aside)"
_VERCEL = "https://vercel.com/ai-gateway/models (second hand; free tiers aside)"
# by service and its model's name
PRICES = {
    (OPENAI, "text-embedding-3-small"): EmbeddingPrice(
        0.02, "2026-11", "https://openrouter.ai/openai/text-embedding-3-small (second hand)"
    ),
    (OPENAI, "text-embedding-3-large"): EmbeddingPrice(
        0.13, "2026-07", "https://aicost.tools, https://docs.praison.ai (second hand)"
    ),
    (COHERE, "embed-v4.0"): EmbeddingPrice(0.12, "2026-11", "https://www.getmaxim.ai (second hand)"),
    (VOYAGE, "voyage-4-large"): EmbeddingPrice(0.12, "2026-11", _VERCEL),
    (VOYAGE, "voyage-4"): EmbeddingPrice(0.06, "2026-11", _VERCEL),
    (VOYAGE, "voyage-4-lite"): EmbeddingPrice(0.02, "2026-11", _VERCEL),
    (VOYAGE, "voyage-3.5"): EmbeddingPrice(0.06, "2026-05", _VOYAGE_SOURCE),
    (VOYAGE, "voyage-3.5-lite"): EmbeddingPrice(0.02, "2026-11", _VERCEL),
    (VOYAGE, "voyage-3-large"): EmbeddingPrice(0.18, "2026-05", _VOYAGE_SOURCE),
    (VOYAGE, "voyage-code-3"): EmbeddingPrice(0.18, "2026-05", _VOYAGE_SOURCE),
}


def price_of(model: DenseModel) -> EmbeddingPrice | None:
    """The price of a model at its vendor; None where it is not known, as for any other address."""
    if model.base_url != ADDRESSES.get(model.service):
        return None
    return PRICES.get((model.service, model.model))
