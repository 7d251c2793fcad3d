"""When models came out, what follows them, and where and when a row's facts were looked up."""

from __future__ import annotations

from dataclasses import dataclass

LOOKED_UP = "2026-11-29"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Of one row. Dates are ISO, a month where the day is not known; None: not found, which is not "never".

    `deprecated` is the date from which its vendor advises against it, `replaced_by` the id of the row of
    the next generation. `source` is where its facts were read, on the day `read`.
    """

    source: str
    released: str | None = None
    deprecated: str | None = None
    replaced_by: str | None = None
    read: str = LOOKED_UP


_ETTIN = Provenance("https://huggingface.co/blog/ettin-reranker", "2026-05-19")
_ZEROENTROPY = "https://huggingface.co/zeroentropy"
_PINECONE = "https://docs.pinecone.io/models/cohere-rerank-4-fast"
_COHERE_5 = Provenance("https://docs.cohere.com/changelog/rerank-v5")
_COHERE_4 = "https://vercel.com/ai-gateway/models/rerank-v4-pro"
_JINA = "https://jina.ai/models/jina-reranker-v"
_VERCEL = "https://vercel.com/ai-gateway/models/rerank-2.5-lite"
_VOYAGE_3 = "https://openrouter.ai/voyageai/rerank-3-20260930"

# by id of the catalogue's row; rows that are not here were described before these were written down
PROVENANCE = {
    **{f"ettin-reranker-{size}-v1": _ETTIN for size in ("17m", "32m", "68m", "150m", "400m", "1b")},
    "gte-reranker-modernbert-base": Provenance(
        "https://huggingface.co/Alibaba-NLP/gte-reranker-modernbert-base", "2025-01"
    ),
    "granite-embedding-reranker-english-r2": Provenance(
        "https://huggingface.co/ibm-granite/granite-embedding-reranker-english-r2"
    ),
    "zerank-2": Provenance(f"{_ZEROENTROPY}/zerank-2-reranker", "2025-11"),
    "qwen3-reranker-8b": Provenance("https://ollama.com/dengcao/Qwen3-Reranker-8B", "2025-06"),
    "lateon": Provenance("https://lighton.ai/lighton-blogs/the-retriever-you-actually-need", "2026-04-21"),
    "cohere-rerank-v3.5": Provenance(_PINECONE, "2024-12-02", replaced_by="cohere-rerank-v4.0-fast"),
    "cohere-rerank-v4.0-pro": Provenance(_COHERE_4, "2025-12-11", replaced_by="cohere-rerank-v5.0-pro"),
    "cohere-rerank-v4.0-fast": Provenance(
        _COHERE_4.replace("pro", "fast"), "2025-12-11", replaced_by="cohere-rerank-v5.0-fast"
    ),
    "cohere-rerank-v5.0-pro": _COHERE_5,
    "cohere-rerank-v5.0-fast": _COHERE_5,
    "voyage-rerank-2.5": Provenance(_VERCEL.removesuffix("-lite"), "2025-08-11", replaced_by="voyage-rerank-3"),
    "voyage-rerank-2.5-lite": Provenance(_VERCEL, "2025-08-11", replaced_by="voyage-rerank-3-lite"),
    "voyage-rerank-3": Provenance(_VOYAGE_3, "2026-09-30"),
    "voyage-rerank-3-lite": Provenance(_VOYAGE_3.replace("rerank-3", "rerank-3-lite"), "2026-09-30"),
    "jina-reranker-v3.5-api": Provenance(f"{_JINA}3.5", "2026-07-27"),
    "jina-reranker-v3-api": Provenance(f"{_JINA}3", "2025-10-01", replaced_by="jina-reranker-v3.5-api"),
    # called deprecated there, without a date
    "jina-reranker-v2-base-multilingual-api": Provenance(f"{_JINA}2-base-multilingual", "2024-06-25"),
    "contextual-ctxl-rerank-v2": Provenance("https://docs.contextual.ai/how-to-guides/rerank"),
    "nvidia-ranking": Provenance(
        "https://docs.nvidia.com/nim/nemo-retriever/text-reranking/latest/using-reranking.html"
    ),
}


def told(model_id: str) -> dict[str, str | None]:
    """What the page shows of a row: "Released", "Deprecated", "Replaced by" and "Facts from"; None: not known."""
    known = PROVENANCE.get(model_id)
    return {
        "Released": known.released if known else None,
        "Deprecated": known.deprecated if known else None,
        "Replaced by": known.replaced_by if known else None,
        "Facts from": f"{known.source} ({known.read})" if known else None,
    }
