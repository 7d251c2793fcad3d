"""When models came out, what follows them, and where that and their other facts were read, a row each.

Pages were read through stored copies. Where the maker's own page could not be read, the source is somebody else's.
"""

from __future__ import annotations

from dataclasses import replace

from rerank_core.rerankers.catalogue.provenance import COUNTED, COUNTED_IN_FILE, POSITIONS, Provenance

_HUB = "https://huggingface.co"
_MTEB = "https://github.com/embeddings-benchmark/mteb/blob/main/mteb/models/model_implementations"

_MINILM = Provenance(
    f"{_HUB}/sentence-transformers/all-MiniLM-L6-v2/commits/224903c17d5d40060b366138329233424c0bbbb3",
    "2021-08-30",
    sources={
        "max tokens": "https://github.com/UKPLab/sentence-transformers/blob/master/docs/_static/html/"
        "models_en_sentence_embeddings.html",
        "parameters": COUNTED_IN_FILE,
    },
)


def _ms_marco(commits: str) -> Provenance:
    table = f"{_MTEB}/rerankers_custom.py"
    return Provenance(
        f"{_HUB}/cross-encoder/{commits}",
        "2021-04-15",
        sources={"languages": table, "max tokens": table, "parameters": COUNTED},
    )


_ETTIN_TABLE = f"{_MTEB}/ettin_models.py"
_ETTIN = Provenance(
    f"{_HUB}/blog/ettin-reranker",
    "2026-05-19",
    sources={
        "licence": _ETTIN_TABLE,
        "languages": _ETTIN_TABLE,
        "max tokens": _ETTIN_TABLE,
        "parameters": COUNTED,
    },
)


_GRANITE_BLOG = f"{_HUB}/blog/hansolosan/granite-embedding-r2"
_BGE = f"{_HUB}/BAAI/bge-reranker"


def _bge(released: str, licence: str, max_tokens: str, replaced_by: str | None = None) -> Provenance:
    return Provenance(
        "https://github.com/FlagOpen/FlagEmbedding",
        released,
        replaced_by=replaced_by,
        sources={"licence": licence, "max tokens": max_tokens, "parameters": COUNTED},
    )


_BGE_M3 = _bge("2024-03-18", f"{_BGE}-v2-m3/discussions/37", f"{_BGE}-v2-m3/discussions/9")

# the hub's repositories are some days older than the announcement
_QWEN_BLOG = "https://www.onlylabs.fyi/signals/adfd96b6-1faa-49a6-9132-7384f540b813"


def _qwen(card: str, parameters: str) -> Provenance:
    return Provenance(
        card, "2025-06-05", sources={"released": _QWEN_BLOG, "licence": _QWEN_BLOG, "parameters": parameters}
    )


_MXBAI = Provenance(
    "https://mixedbread.com/blog/mxbai-rerank-v2",
    "2025-03-13",
    sources={"max tokens": "https://github.com/mixedbread-ai/mxbai-rerank", "parameters": COUNTED},
)
_ANSWERAI_TABLE = "https://superlinked.com/models/answerdotai-answerai-colbert-small-v1--score.md"
_SPLADE_BLOG = "https://europe.naverlabs.com/blog/splade-sparse-lexical-and-expansion-model-for-first-stage-ranking"

_JINA = "https://jina.ai/models/jina-reranker-v"
# called deprecated there, without a date
_JINA_2 = Provenance(
    f"{_JINA}2-base-multilingual",
    "2024-06-25",
    sources={"max tokens": f"{_HUB}/jinaai/jina-reranker-v2-base-multilingual/blame/main/config.json"},
)

_PINECONE = "https://docs.pinecone.io/models/cohere-rerank-4-fast"
_COHERE_LANGUAGES = "https://docs.cohere.com/docs/reranking"
_COHERE_5 = Provenance("https://docs.cohere.com/changelog/rerank-v5")


def _cohere_4(name: str, max_tokens: str) -> Provenance:
    return Provenance(
        f"https://vercel.com/ai-gateway/models/rerank-v4-{name}",
        "2025-12-11",
        replaced_by=f"cohere-rerank-v5.0-{name}",
        sources={"replaced by": _COHERE_5.source, "languages": _COHERE_LANGUAGES, "max tokens": max_tokens},
    )


_MAXIM = "https://www.getmaxim.ai/bifrost/model-library/compare/cohere"
_VERCEL = "https://vercel.com/ai-gateway/models/rerank-2.5-lite"
_VOYAGE_3 = "https://openrouter.ai/voyageai/rerank-3-20260930"
_VOYAGE_3_LENGTH = "https://vercel.com/changelog/voyage-rerank-3-and-rerank-3-lite-are-now-available-on-ai-gateway"

# by id of the catalogue's row; a row without a published model of its own has none
PROVENANCE = {
    "minilm-cosine": _MINILM,
    "minilm-maxsim": _MINILM,
    "ms-marco-tinybert-l2-v2": _ms_marco("ms-marco-TinyBERT-L-2-v2/commits/refs%2Fpr%2F1"),
    "ms-marco-minilm-l6-v2": _ms_marco("ms-marco-MiniLM-L-6-v2/commits/refs%2Fpr%2F4"),
    "ms-marco-minilm-l12-v2": _ms_marco("ms-marco-MiniLM-L-12-v2/commits/4c54a951754b47c49e9307bf1a7620b7757b95b6"),
    "bge-reranker-v2-m3": _BGE_M3,
    "bge-reranker-base": _bge("2023-09-12", f"{_BGE}-base/blob/main/README.md", POSITIONS, "bge-reranker-v2-m3"),
    "bge-reranker-large": _bge(
        "2023-09-12",
        "https://www.llmreference.com/model/bge-reranker-large",
        f"{_BGE}-v2-m3/discussions/5",
        "bge-reranker-v2-m3",
    ),
    "jina-reranker-v2-base-multilingual": _JINA_2,
    **{f"ettin-reranker-{size}-v1": _ETTIN for size in ("17m", "32m", "68m", "150m", "400m", "1b")},
    "gte-reranker-modernbert-base": Provenance(
        f"{_HUB}/Alibaba-NLP/gte-reranker-modernbert-base",
        "2025-01",
        sources={
            "licence": f"{_HUB}/Alibaba-NLP/gte-reranker-modernbert-base/blob/main/README.md",
            "parameters": COUNTED,
        },
    ),
    "granite-embedding-reranker-english-r2": Provenance(
        f"{_HUB}/ibm-granite/granite-embedding-reranker-english-r2",
        "2025-08-15",
        sources={"released": _GRANITE_BLOG, "licence": _GRANITE_BLOG, "parameters": COUNTED},
    ),
    "zerank-2": Provenance(
        f"{_HUB}/zeroentropy/zerank-2-reranker",
        "2025-11-19",
        sources={"released": f"{_MTEB}/zeroentropy_models.py"},
    ),
    "qwen3-reranker-0.6b": _qwen("https://ollama.com/dengcao/Qwen3-Reranker-0.6B:Q8_0", COUNTED),
    "qwen3-reranker-4b": _qwen(
        "https://model.aibase.com/en/models/details/1943126487842689024", f"{_MTEB}/qwen3_reranker.py"
    ),
    "qwen3-reranker-8b": _qwen("https://ollama.com/dengcao/Qwen3-Reranker-8B", COUNTED),
    "mxbai-rerank-base-v2": _MXBAI,
    "mxbai-rerank-large-v2": _MXBAI,
    # the hub's repository is of June 2023; the checkpoint was published before
    "colbertv2.0": Provenance(
        f"{_HUB}/colbert-ir/colbertv2.0/commits/refs%2Fpr%2F2",
        "2022-02-02",
        sources={
            "released": "https://github.com/stanford-futuredata/ColBERT/commit/"
            "378001bcc439cb3ed2d8935473c368604a7dd46e",
            "max tokens": POSITIONS,
            "parameters": COUNTED,
        },
    ),
    "gte-moderncolbert-v1": Provenance(
        f"{_HUB}/lightonai/GTE-ModernColBERT-v1",
        "2025-04-30",
        sources={
            "released": f"{_MTEB}/pylate_models.py",
            "parameters": f"the size of its files, {_HUB}/lightonai/GTE-ModernColBERT-v1/tree/main",
        },
    ),
    "answerai-colbert-small-v1": Provenance(
        "https://www.answer.ai/posts/2024-08-13-small-but-mighty-colbert.html",
        "2024-08-13",
        sources={"licence": _ANSWERAI_TABLE, "languages": _ANSWERAI_TABLE, "max tokens": _ANSWERAI_TABLE},
    ),
    "lateon": Provenance(
        "https://lighton.ai/lighton-blogs/the-retriever-you-actually-need",
        "2026-04-21",
        sources={"languages": f"{_MTEB}/pylate_models.py", "parameters": COUNTED},
    ),
    "splade-cocondenser-ensembledistil": Provenance(
        f"{_HUB}/naver/splade-cocondenser-ensembledistil/blob/25178a62708a3ab1b5c4b5eb30764d65bfddcfbb/tokenizer.json",
        "2022-05",
        replaced_by="splade-v3",
        sources={
            "released": "https://github.com/naver/splade/commit/141a8c08bf67c7bb1627e616995e2abf0894d16b",
            "replaced by": _SPLADE_BLOG,
            "max tokens": POSITIONS,
            "parameters": COUNTED,
        },
    ),
    # the card was read on a mirror: the hub asks for an account
    "splade-v3": Provenance(
        "https://beta-index.hf-mirror.com/naver/splade-v3/blob/refs%2Fpr%2F1/README.md",
        "2024-03",
        sources={"released": _SPLADE_BLOG, "max tokens": POSITIONS, "parameters": COUNTED},
    ),
    "splade-pp-en-v1": Provenance(
        f"{_HUB}/prithivida/Splade_PP_en_v1/commits/main?p=1",
        "2024-02-16",
        sources={
            "max tokens": f"{_HUB}/prithivida/Splade_PP_en_v1/blob/refs%2Fpr%2F2/config.json",
            "parameters": COUNTED,
        },
    ),
    "flag-bge-reranker-v2-m3": _BGE_M3,
    "flag-bge-reranker-v2-gemma": _bge(
        "2024-03-18", f"{_BGE}-v2-gemma/tree/main", "https://github.com/FlagOpen/FlagEmbedding/issues/740"
    ),
    "bge-reranker-v2-minicpm-layerwise": _bge(
        "2024-03-18",
        f"{_BGE}-v2-minicpm-layerwise/tree/2c0bb892bf12c5ba3b5088754a19df08386742c8",
        f"{_BGE}-v2-minicpm-layerwise/blob/main/config.json",
    ),
    "bge-reranker-v2.5-gemma2-lightweight": _bge(
        "2024-07-26",
        f"{_BGE}-v2.5-gemma2-lightweight/tree/main",
        f"{_BGE}-v2.5-gemma2-lightweight/blob/baaa0703b7d20d365b9137470676b2ce81110196/config.json",
    ),
    "cohere-rerank-v3.5": Provenance(
        _PINECONE,
        "2024-12-02",
        replaced_by="cohere-rerank-v4.0-fast",
        sources={
            "released": "https://deepwiki.com/cohere-ai/cohere-developer-experience/3.3-rerank-models",
            "languages": _COHERE_LANGUAGES,
            "max tokens": "https://docs.cohere.com/docs/rerank",
        },
    ),
    "cohere-rerank-v4.0-pro": _cohere_4("pro", f"{_MAXIM}/rerank-v4.0-pro.md"),
    "cohere-rerank-v4.0-fast": _cohere_4(
        "fast", "https://docs.oracle.com/iaas/Content/generative-ai/cohere-rerank-4-0.htm"
    ),
    "cohere-rerank-v5.0-pro": replace(_COHERE_5, sources={"max tokens": f"{_MAXIM}/rerank-v5.0-pro.md"}),
    "cohere-rerank-v5.0-fast": replace(_COHERE_5, sources={"max tokens": f"{_MAXIM}/rerank-v5.0-fast.md"}),
    "voyage-rerank-2.5": Provenance(
        _VERCEL.removesuffix("-lite"),
        "2025-08-11",
        replaced_by="voyage-rerank-3",
        sources={"replaced by": _VOYAGE_3},
    ),
    "voyage-rerank-2.5-lite": Provenance(
        _VERCEL,
        "2025-08-11",
        replaced_by="voyage-rerank-3-lite",
        sources={"replaced by": _VOYAGE_3.replace("rerank-3", "rerank-3-lite")},
    ),
    "voyage-rerank-3": Provenance(_VOYAGE_3, "2026-09-30", sources={"max tokens": _VOYAGE_3_LENGTH}),
    "voyage-rerank-3-lite": Provenance(
        _VOYAGE_3.replace("rerank-3", "rerank-3-lite"), "2026-09-30", sources={"max tokens": _VOYAGE_3_LENGTH}
    ),
    "jina-reranker-v3.5-api": Provenance(f"{_JINA}3.5", "2026-07-27"),
    "jina-reranker-v3-api": Provenance(
        f"{_JINA}3",
        "2025-10-01",
        replaced_by="jina-reranker-v3.5-api",
        sources={"replaced by": f"{_JINA}3.5"},
    ),
    "jina-reranker-v2-base-multilingual-api": replace(
        _JINA_2,
        replaced_by="jina-reranker-v3-api",
        sources={**_JINA_2.sources, "replaced by": f"{_JINA}3"},
    ),
    "contextual-ctxl-rerank-v2": Provenance("https://docs.contextual.ai/how-to-guides/rerank"),
    "nvidia-ranking": Provenance(
        "https://docs.nvidia.com/nim/nemo-retriever/text-reranking/latest/using-reranking.html"
    ),
}
