"""The rows of models that run on one's own hardware, with their facts.

Nothing was downloaded to check them. Where each was read stands in `provenance_rows.py`; beyond that:
- Licences change: follow `card`. Not seen: whether the hub still asks for an account for splade-v3.
- Sizes of the weights' files: pages of the hub, but for splade-v3 (its sisters' is given), mxbai base, Jina v2 and
  Qwen3 (two bytes a weight).
- Parameters: counted by building each architecture, without weights, from its config.json; the counts agree with the
  sizes of the files. Rounded where the config could not be read or the model has parts of its own (Jina v2, Qwen3 4B,
  GTE ModernColBERT, AnswerAI ColBERT). The bundled model's were counted in its file.
- Max tokens: the position table in config.json, or what the card says the model was made for.
- Downloads: the one format of weights that `download` fetches, rounded, without the tokenizer's few megabytes.
A fact that nobody could tell is None.
"""

from __future__ import annotations

from rerank_core.rerankers.catalogue.flag_rows import FLAG_ROWS
from rerank_core.rerankers.catalogue.local_settings import BGE_CROSS, BGE_M3_CROSS, CROSS, LATE, LOCAL, PRECISION
from rerank_core.rerankers.catalogue.model import Model, Setting

_HUB = "https://huggingface.co/"

BUNDLED_ROWS = (
    Model(
        "first-stage",
        "Your search as it is (no reranker)",
        "first-stage",
        score_scale="the retriever's own",
        cost="none",
        languages="any",
        parameters=0,
        download_bytes=0,
        note="No reranker: the candidates in the order of retrieval.",
    ),
    Model(
        "minilm-cosine",
        "MiniLM bi-encoder (cosine)",
        "bi-encoder",
        "bundled",
        parameters=22_713_216,
        licence="Apache-2.0",
        languages="English",
        max_tokens=256,
        score_scale="cosine",
        card=f"{_HUB}sentence-transformers/all-MiniLM-L6-v2",
        download_bytes=0,
        settings=LOCAL,
        note="Query and passage are encoded apart: max tokens is for each. Trained on 128 tokens.",
    ),
    Model(
        "minilm-maxsim",
        "MiniLM late interaction (MaxSim)",
        "late-interaction",
        "bundled",
        parameters=22_713_216,
        licence="Apache-2.0",
        languages="English",
        max_tokens=256,
        score_scale="maxsim sum",
        card="https://arxiv.org/abs/2004.12832",
        download_bytes=0,
        settings=LATE,
        note="The sum over query tokens of the best cosine with a passage token. MiniLM was not trained for it: "
        "an example of the method, not of what a trained ColBERT can do. Max tokens is for each side.",
    ),
)


def _cross(name: str, label: str, parameters: int | None, download: int | None, **facts: object) -> Model:
    row: dict[str, object] = {
        "licence": "Apache-2.0",
        "languages": "English",
        "max_tokens": 512,
        "card": _HUB + name,
        "settings": CROSS,
        **facts,
    }
    short = name.rpartition("/")[2].lower()
    return Model(short, label, "cross-encoder", name, parameters, download_bytes=download, **row)  # type: ignore[arg-type]


def _ettin(size: str, parameters: int | None, **facts: object) -> Model:
    name = f"cross-encoder/ettin-reranker-{size}-v1"
    return _cross(name, f"Ettin reranker {size}", parameters, None, max_tokens=7999, **facts)


_CROSS_ENCODERS = (
    _cross("cross-encoder/ms-marco-TinyBERT-L2-v2", "MS MARCO TinyBERT L2", 4_386_049, 17_600_000),
    _cross("cross-encoder/ms-marco-MiniLM-L6-v2", "MS MARCO MiniLM L6", 22_713_601, 90_900_000),
    _cross("cross-encoder/ms-marco-MiniLM-L12-v2", "MS MARCO MiniLM L12", 33_360_385, 133_500_000),
    _cross(
        "BAAI/bge-reranker-v2-m3",
        "BGE reranker v2 m3",
        567_755_777,
        2_271_000_000,
        languages="multilingual",
        max_tokens=8192,
        settings=BGE_M3_CROSS,
        note="Reads 512 tokens unless max_length is set, as its authors' FlagEmbedding does and the row that runs it; "
        "they trained it with 1,024 and advise that length.",
    ),
    _cross("BAAI/bge-reranker-base", "BGE reranker base", 278_044_417, 1_112_000_000, licence="MIT",
           languages="English, Chinese", settings=BGE_CROSS),
    _cross("BAAI/bge-reranker-large", "BGE reranker large", 559_891_457, 2_240_000_000, licence="MIT",
           languages="English, Chinese", settings=BGE_CROSS),
    _cross(
        "jinaai/jina-reranker-v2-base-multilingual",
        "Jina reranker v2 base",
        278_000_000,
        557_000_000,
        licence="CC-BY-NC-4.0",
        languages="multilingual (100+)",
        max_tokens=1024,
        retired=("trust_remote_code",),
        note="Not for commercial use. Its own Python code is not run. A passage is cut to what fits, as its authors' "
        "compute_score does; their rerank reads a long one in overlapping parts.",
    ),
    # the encoder, a dense layer, a LayerNorm and the last dense layer; the hub shows the encoder alone
    _ettin("17m", 16_863_745),
    _ettin("32m", 32_031_745),
    _ettin("68m", 68_408_321),
    _ettin("150m", 149_606_401),
    _ettin("400m", 395_833_345),
    _ettin("1b", 1_031_267_329, needs_gpu=True),
    _cross("Alibaba-NLP/gte-reranker-modernbert-base", "GTE reranker ModernBERT base", 149_605_633, 598_000_000,
           max_tokens=8192),
    _cross("ibm-granite/granite-embedding-reranker-english-r2", "Granite reranker English r2", 149_605_633, None,
           max_tokens=8192),
    # of its card and its model.safetensors.index.json; zerank-1-small brings Python code of its own that we do not run
    _cross("zeroentropy/zerank-2", "zerank 2", 4_022_468_096, 8_045_000_000, licence="CC-BY-NC-4.0", max_tokens=32_768,
           needs_gpu=True, score_scale="logit (yes)",
           note="Not for commercial use. The score is the logit of Yes; its authors divide it by 5 before a sigmoid."),
)  # fmt: skip


def _yes_no(
    name: str, label: str, parameters: int, download: int | None, max_tokens: int, gpu: bool, instruction: str
) -> Model:
    return Model(
        name.rpartition("/")[2].lower(),
        label,
        "yes-no",
        name,
        parameters,
        "Apache-2.0",
        "multilingual (100+)",
        max_tokens,
        score_scale="logit (yes minus no)",
        card=_HUB + name,
        download_bytes=download,
        settings=(
            Setting("max_length", 8192, "The longest input in tokens, as the model's authors count it: qwen3 with its "
                    "prompt, mxbai without.", low=128, high=max_tokens),
            PRECISION,
            Setting("template", "qwen3" if "Qwen3" in name else "mxbai", "The prompt the model was trained with.",
                    choices=("qwen3", "mxbai")),
            Setting("instruction", instruction, "What counts as relevant, in a sentence; may be empty."),
        ),
        needs_gpu=gpu,
        note="A causal language model that is asked whether the passage is relevant.",
    )  # fmt: skip


_QWEN_TASK = "Given a web search query, retrieve relevant passages that answer the query"
_NONE = ""
_YES_NO = (
    _yes_no("Qwen/Qwen3-Reranker-0.6B", "Qwen3 Reranker 0.6B", 595_776_512, 1_191_588_280, 32768, False, _QWEN_TASK),
    _yes_no("Qwen/Qwen3-Reranker-4B", "Qwen3 Reranker 4B", 4_022_000_000, 8_044_000_000, 32768, True, _QWEN_TASK),
    _yes_no("Qwen/Qwen3-Reranker-8B", "Qwen3 Reranker 8B", 8_188_548_096, None, 32768, True, _QWEN_TASK),
    _yes_no("mixedbread-ai/mxbai-rerank-base-v2", "mxbai base v2", 494_032_768, 988_000_000, 32768, False, _NONE),
    _yes_no("mixedbread-ai/mxbai-rerank-large-v2", "mxbai large v2", 1_543_714_304, 3_087_000_000, 32768, True, _NONE),
)  # fmt: skip

_LATE = (
    Model(
        "colbertv2.0",
        "ColBERTv2",
        "late-interaction",
        "colbert-ir/colbertv2.0",
        109_580_544,
        "MIT",
        "English",
        512,
        score_scale="maxsim sum",
        card="https://arxiv.org/abs/2112.01488",
        download_bytes=438_000_000,
        settings=LATE,
        note="Its own settings cut passages at 180 tokens and queries at 32; max_length sets the passage's, up to 512.",
    ),
    Model(
        "gte-moderncolbert-v1",
        "GTE ModernColBERT v1",
        "late-interaction",
        "lightonai/GTE-ModernColBERT-v1",
        149_100_000,
        "Apache-2.0",
        "English",
        300,
        score_scale="maxsim sum",
        card=f"{_HUB}lightonai/GTE-ModernColBERT-v1",
        download_bytes=596_000_000,
        settings=LATE,
        note="Set to passages of 300 tokens; its authors report results with far longer ones (max_length).",
    ),
    Model(
        "answerai-colbert-small-v1",
        "AnswerAI ColBERT small v1",
        "late-interaction",
        "answerdotai/answerai-colbert-small-v1",
        33_400_000,
        "Apache-2.0",
        "English",
        512,
        score_scale="maxsim sum",
        card=f"{_HUB}answerdotai/answerai-colbert-small-v1",
        download_bytes=134_000_000,
        settings=LATE,
    ),
    Model(
        "lateon",
        "LateOn",
        "late-interaction",
        "lightonai/LateOn",
        149_112_576,
        "Apache-2.0",
        "English",
        score_scale="maxsim sum",
        card=f"{_HUB}lightonai/LateOn",
        settings=LATE,
        note="A ModernBERT base; how much it reads of a passage is in its own settings.",
    ),
)

_SPARSE = (
    Model(
        "splade-cocondenser-ensembledistil",
        "SPLADE CoCondenser EnsembleDistil",
        "sparse",
        "naver/splade-cocondenser-ensembledistil",
        109_514_298,
        "CC-BY-NC-SA-4.0",
        "English",
        512,
        score_scale="dot product of term weights",
        card="https://arxiv.org/abs/2205.04733",
        download_bytes=438_000_000,
        settings=LOCAL,
        note="Not for commercial use. Trained with 256 tokens; query and passage are encoded apart.",
    ),
    Model(
        "splade-v3",
        "SPLADE v3",
        "sparse",
        "naver/splade-v3",
        109_514_298,
        "CC-BY-NC-SA-4.0",
        "English",
        512,
        score_scale="dot product of term weights",
        card="https://arxiv.org/abs/2403.06789",
        download_bytes=438_000_000,
        settings=LOCAL,
        note="Not for commercial use. The hub asks for an account that has accepted its terms.",
    ),
    Model(
        "splade-pp-en-v1",
        "SPLADE++ en v1",
        "sparse",
        "prithivida/Splade_PP_en_v1",
        109_514_298,
        "Apache-2.0",
        "English",
        512,
        score_scale="dot product of term weights",
        card=f"{_HUB}prithivida/Splade_PP_en_v1",
        download_bytes=438_000_000,
        settings=LOCAL,
    ),
)

LOCAL_ROWS = (*_CROSS_ENCODERS, *_YES_NO, *_LATE, *_SPARSE, *FLAG_ROWS)
