"""The rows of services: rerankers that somebody hosts, servers of one's own, and language models.

Facts were read in November 2026 through stored copies: `provenance_rows.py` says where, `pricing.py` for prices. A
fact that we could not find is None.
"""

from __future__ import annotations

from dataclasses import replace

from rerank_core.rerankers.catalogue.model import Extra, Model, Setting
from rerank_core.rerankers.catalogue.pricing import PRICES
from rerank_core.rerankers.frameworks.factory import FACTORIES
from rerank_core.rerankers.services import cohere as cohere_api
from rerank_core.rerankers.services import contextual, voyage
from rerank_core.rerankers.services import jina as jina_api
from rerank_core.rerankers.services.llm.chat_answer import ANSWER_TOKENS, MOST_ANSWER_TOKENS
from rerank_core.rerankers.services.llm.pointwise import ANSWERS
from rerank_core.rerankers.services.nvidia import TRUNCATE
from rerank_core.rerankers.services.rerank_http import PROTOCOLS

_API = Extra("httpx", 'pip install "rerank-lens[api]"')
_COHERE = Extra("cohere", 'pip install "rerank-lens[cohere]"')
_LANGCHAIN = Extra("langchain_core", 'pip install "rerank-lens[langchain]"')
_LLAMA_INDEX = Extra("llama_index", 'pip install "rerank-lens[llama-index]"')
_LLM = Extra("openai", 'pip install "rerank-lens[llm]"')
_ADDRESS = r"https?://[^\s/?#@]+(/[^\s?#@]*)?"
_ADDRESS_IS = "an address such as http://gpu-1:8000/v1, without user, password or question mark"


def _base_url(default: str) -> Setting:
    return Setting(
        "base_url",
        default,
        "The address before /rerank or /chat/completions." if default == "" else "The address of the service.",
        pattern=_ADDRESS,
        expected=_ADDRESS_IS,
        required=default == "",
    )


def _timeout(seconds: float) -> Setting:
    return Setting("timeout", seconds, "Seconds for one attempt.", low=0.1, high=600.0, scores=False)


_SERVED_MODEL = Setting("model", "", "The model's name on that server.")
_KEY_VARIABLE = Setting(
    "key_variable",
    "",
    "The environment variable that holds the key; empty: no key. Never the key itself.",
    pattern=r"[A-Z][A-Z0-9_]*_(KEY|TOKEN)",
    expected="the name of an environment variable that ends in _KEY or _TOKEN, and never a key itself",
    scores=False,
)


def _instruction(text: str) -> Setting:
    return Setting("instruction", "", text)


def _cost(model_id: str) -> str:
    return PRICES[model_id].text if model_id in PRICES else "by use, price not known"


def _cohere(source: str, label: str, max_tokens: int, note: str) -> Model:
    row_id = f"cohere-{source}"
    price = PRICES.get(row_id)
    return Model(
        row_id,
        label,
        "cohere",
        source,
        licence="proprietary",
        languages="over 100",
        max_tokens=max_tokens,
        hosting="api",
        score_scale="relevance 0 to 1",
        cost=_cost(row_id),
        price_per_1000=price.usd if price is not None and price.unit == "search_units" else None,
        card="https://docs.cohere.com/docs/rerank",
        settings=(
            _base_url("https://api.cohere.com"),
            Setting("structured", True, "Send passages with a title as YAML, as Cohere advises."),
            Setting("metadata_fields", "", "Fields of metadata to send as well, with commas; needs structured."),
            Setting("max_tokens_per_doc", None, "Cut passages to this; empty: Cohere's own 4,096.", low=1, high=32768),
            _timeout(30.0),
        ),
        extra=_COHERE,
        keys=cohere_api.KEYS,
        note=note,
    )


def _voyage(source: str, label: str) -> Model:
    row_id = f"voyage-{source}"
    return Model(
        row_id,
        label,
        "voyage",
        source,
        licence="proprietary",
        languages="multilingual",
        max_tokens=32_000,
        hosting="api",
        score_scale="relevance 0 to 1",
        cost=_cost(row_id),
        card="https://docs.voyageai.com/docs/reranker",
        settings=(
            _base_url("https://api.voyageai.com/v1"),
            _instruction("What counts as relevant, in words; goes before the query."),
            _timeout(30.0),
        ),
        extra=_API,
        keys=voyage.KEYS,
        note="Tokens are the query's for each passage, and the passages'. A query is cut at 8,000 tokens.",
    )


def _jina(source: str, label: str, parameters: int, max_tokens: int | None, languages: str, note: str) -> Model:
    return Model(
        f"{source}-api",
        label,
        "jina-api",
        source,
        parameters=parameters,
        licence="CC-BY-NC-4.0, or by contract through the API",
        languages=languages,
        max_tokens=max_tokens,
        hosting="api",
        score_scale="relevance",
        cost=_cost(f"{source}-api"),
        card=f"https://jina.ai/models/{source}",
        settings=(_base_url("https://api.jina.ai/v1"), _timeout(30.0)),
        extra=_API,
        keys=jina_api.KEYS,
        note=note,
    )


def _llm_settings(*own: Setting) -> tuple[Setting, ...]:
    return (
        _base_url("https://api.openai.com/v1"),
        Setting("model", "", "The model's name at that address.", required=True),
        Setting(
            "key_variable",
            "OPENAI_API_KEY",
            _KEY_VARIABLE.help,
            pattern=_KEY_VARIABLE.pattern,
            expected=_KEY_VARIABLE.expected,
            scores=False,
        ),
        _instruction("What counts as relevant, in words."),
        Setting("max_words", 300, "Words of a passage that are sent; the rest is cut and told.", low=1, high=100_000),
        *own,
        _timeout(120.0),
    )


def _framework(row_id: str, label: str, extra: Extra) -> Model:
    return Model(
        row_id,
        label,
        "langchain" if extra is _LANGCHAIN else "llama-index",
        hosting="api",
        score_scale="none: an order",
        cost="not known",
        settings=(
            Setting(
                "factory",
                "",
                f"What makes it: module:function, named in {FACTORIES} as well.",
                pattern=r"[A-Za-z_][\w.]*:[A-Za-z_]\w*",
                expected="module:function, such as my_search.rerankers:make",
                required=True,
            ),
            Setting("version", "", "Another one wherever it ranks otherwise: rankings are kept under it."),
        ),
        extra=extra,
        note="Your own code: what it asks for, sends out and costs is not seen here. What it leaves out comes last.",
    )


_LISTWISE_V3 = "Reads all passages in one window: scores hold within one list, and are not kept between queries."

_COHERE_5 = (
    "Scores are calibrated, says Cohere. The price is resellers', by tokens; answers count search units, so that what "
    "a run cost is not known."
)

API_ROWS = (
    _cohere(
        "rerank-v3.5", "Cohere Rerank 3.5", 4096, "A later generation is out; some resellers have retired this one."
    ),
    _cohere("rerank-v4.0-pro", "Cohere Rerank 4 Pro", 32_768, ""),
    _cohere("rerank-v4.0-fast", "Cohere Rerank 4 Fast", 32_768, ""),
    _cohere("rerank-v5.0-pro", "Cohere Rerank 5 Pro", 32_768, _COHERE_5),
    _cohere("rerank-v5.0-fast", "Cohere Rerank 5 Fast", 32_768, _COHERE_5),
    _voyage("rerank-3", "Voyage Rerank 3"),
    _voyage("rerank-3-lite", "Voyage Rerank 3 Lite"),
    _voyage("rerank-2.5", "Voyage Rerank 2.5"),
    _voyage("rerank-2.5-lite", "Voyage Rerank 2.5 Lite"),
    _jina("jina-reranker-v3.5", "Jina Reranker 3.5 (API)", 600_000_000, 131_072, "93", _LISTWISE_V3),
    _jina("jina-reranker-v3", "Jina Reranker 3 (API)", 597_000_000, 131_072, "93", _LISTWISE_V3),
    _jina(
        "jina-reranker-v2-base-multilingual",
        "Jina Reranker 2 multilingual (API)",
        278_000_000,
        1024,
        "over 100",
        "Deprecated by newer models, says Jina.",
    ),
    Model(
        "contextual-ctxl-rerank-v2",
        "Contextual AI Rerank 2",
        "contextual",
        "ctxl-rerank-v2-instruct-multilingual",
        licence="proprietary",
        languages="over 100",
        hosting="api",
        score_scale="relevance",
        cost="by use, price not known",
        card="https://docs.contextual.ai/how-to-guides/rerank",
        settings=(
            _base_url("https://api.contextual.ai/v1"),
            _instruction("What to put first, in words, such as recent or official passages."),
            _timeout(30.0),
        ),
        extra=_API,
        keys=contextual.KEYS,
        note="Follows an instruction of its own field. The weights of version 2 are also on the hub.",
    ),
    Model(
        "http-rerank",
        "A server with /rerank",
        "http",
        hosting="api",
        score_scale="the server's own",
        settings=(
            _base_url(""),
            _SERVED_MODEL,
            Setting(
                "protocol",
                "documents",
                "documents: vLLM, Infinity, Jina and the like. texts: Text Embeddings Inference.",
                choices=PROTOCOLS,
            ),
            Setting("raw_scores", False, "Logits in place of probabilities; only Text Embeddings Inference."),
            Setting(
                "truncate_prompt_tokens",
                False,
                "Ask vLLM to cut long passages, which else fail the query; other servers may refuse the field.",
            ),
            Setting("batch_size", 32, "Passages in one request.", low=1, high=1000, scores=False),
            Setting(
                "more_addresses",
                "",
                "Other servers with the same model, blanks between them: batches go to whoever is free.",
                pattern=rf"\s*{_ADDRESS}(\s+{_ADDRESS})*\s*",
                expected=f"{_ADDRESS_IS}, or several with blanks between them",
                scores=False,
            ),
            Setting("parallel", 1, "Requests at a time to each address.", low=1, high=64, scores=False),
            _KEY_VARIABLE,
            _timeout(60.0),
        ),
        extra=_API,
        note="The server cuts long passages or refuses them, and does not tell how much was cut.",
    ),
    Model(
        "nvidia-ranking",
        "A server with NVIDIA's /ranking",
        "nvidia",
        hosting="api",
        score_scale="logit",
        card="https://docs.nvidia.com/nim/nemo-retriever/text-reranking/latest/using-reranking.html",
        settings=(
            replace(_base_url(""), help="The address before /ranking, such as http://gpu-1:8000/v1."),
            replace(_SERVED_MODEL, required=True),
            Setting("truncate", "END", "END: cut long passages. NONE: refuse them.", choices=TRUNCATE),
            Setting("batch_size", 32, "Passages in one request.", low=1, high=512, scores=False),
            _KEY_VARIABLE,
            _timeout(60.0),
        ),
        extra=_API,
        note="A reranking NIM. The server does not tell how much was cut.",
    ),
    Model(
        "llm-pointwise",
        "Language model, yes or no",
        "llm-pointwise",
        hosting="api",
        score_scale="log-odds of yes, or a verdict 1 or 0",
        cost="by use, price not known",
        settings=_llm_settings(
            Setting(
                "answers",
                "auto",
                "logprobs: log-odds, kept for later. verdict: 1 or 0. auto: log-odds where they come for all.",
                choices=ANSWERS,
            ),
            Setting("top_logprobs", 20, "How many likely tokens to ask for.", low=2, high=20),
            Setting("max_answer_tokens", 16, f"{ANSWER_TOKENS} 4,000 or more.", low=1, high=MOST_ANSWER_TOKENS),
            Setting("parallel", 8, "Questions at a time.", low=1, high=64, scores=False),
        ),
        extra=_LLM,
        note="One question per passage. Max words is for the passage.",
    ),
    Model(
        "llm-listwise",
        "Language model, ordering windows (in RankGPT's manner)",
        "llm-listwise",
        hosting="api",
        score_scale="none: an order",
        cost="by use, price not known",
        card="https://arxiv.org/abs/2304.09542",
        settings=_llm_settings(
            Setting("window", 20, "Passages in one question.", low=2, high=200),
            Setting("step", 10, "How far the window moves; at most the window.", low=1, high=200),
            Setting(
                "max_answer_tokens",
                None,
                f"{ANSWER_TOKENS} many thousands; empty: the server's own limit.",
                low=1,
                high=MOST_ANSWER_TOKENS,
            ),
        ),
        extra=_LLM,
        note="Its own prompt: published figures of RankGPT do not carry over. A list of 100 takes nine questions "
        "at the default window and step.",
    ),
    _framework("langchain-compressor", "A compressor of LangChain", _LANGCHAIN),
    _framework("llama-index-postprocessor", "A postprocessor of LlamaIndex", _LLAMA_INDEX),
)
