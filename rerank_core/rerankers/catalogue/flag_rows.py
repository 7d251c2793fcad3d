"""The rows of the BGE rerankers in their authors' own way: through FlagEmbedding, or read as FlagEmbedding reads them.

What stands behind the facts is told in `local_rows`. Parameters and downloads of the two layered models are counted
from their config.json (4 bytes a weight, which the hub's list of files confirms to three digits).
"""

from __future__ import annotations

from rerank_core.rerankers.catalogue.local_settings import HALF_PRECISION, PRECISION
from rerank_core.rerankers.catalogue.model import Extra, Model, Setting

_HUB = "https://huggingface.co/"
_FLAG = Extra(
    "FlagEmbedding",
    'pip install "rerank-lens[flag]"',
    versions=">=1.4.2,<1.5",
    # what its import takes from transformers, but for the module that `flag_library` stands in for; names that it takes
    # from the top are looked for where they are defined, as the top is filled lazily, but for one that has moved
    imports=tuple(
        f"transformers{module}:{name}"
        for module, names in {
            "": "PreTrainedTokenizer",
            ".activations": "ACT2FN",
            ".cache_utils": "Cache DynamicCache",
            ".configuration_utils": "PretrainedConfig",
            ".data": "DataCollatorWithPadding",
            ".file_utils": "ModelOutput",
            ".modeling_outputs": "BaseModelOutputWithPast CausalLMOutputWithPast SequenceClassifierOutputWithPast",
            ".modeling_utils": "PreTrainedModel",
            ".models.auto.configuration_auto": "AutoConfig",
            ".models.auto.modeling_auto": "AutoModel AutoModelForCausalLM AutoModelForSequenceClassification",
            ".models.auto.tokenization_auto": "AutoTokenizer",
            ".pytorch_utils": "ALL_LAYERNORM_LAYERS",
            ".trainer": "Trainer",
            ".trainer_callback": "TrainerCallback TrainerControl TrainerState",
            ".trainer_utils": "set_seed",
            ".training_args": "TrainingArguments",
            ".utils": "add_start_docstrings add_start_docstrings_to_model_forward is_flash_attn_2_available "
            "is_flash_attn_greater_or_equal_2_10 is_torch_npu_available logging replace_return_docstrings",
        }.items()
        for name in names.split()
    ),
)  # fmt: skip
_LENGTH = Setting("max_length", 512, "The longest input in tokens, as FlagEmbedding counts it.", low=32, high=8192)
_LAYER = "Score after this layer ({}); empty: the last. Fewer layers are faster and read less memory."

FLAG_ROWS = (
    Model(
        "flag-bge-reranker-v2-m3",
        "BGE reranker v2 m3 (FlagEmbedding)",
        "flag",
        "BAAI/bge-reranker-v2-m3",
        567_755_777,
        "Apache-2.0",
        "multilingual",
        8192,
        card=f"{_HUB}BAAI/bge-reranker-v2-m3",
        download_bytes=2_271_000_000,
        settings=(_LENGTH, PRECISION),
        extra=_FLAG,
        note="The same weights as the cross-encoder row, run by its authors' own library, and the same default length: "
        "512 tokens, the library's. Its authors trained with 1,024.",
    ),
    Model(
        "flag-bge-reranker-v2-gemma",
        "BGE reranker v2 Gemma (FlagEmbedding)",
        "flag-llm",
        "BAAI/bge-reranker-v2-gemma",
        2_506_172_416,
        "Apache-2.0",
        "multilingual",
        8192,
        score_scale="logit (yes)",
        card=f"{_HUB}BAAI/bge-reranker-v2-gemma",
        download_bytes=10_025_000_000,
        settings=(_LENGTH, HALF_PRECISION),
        extra=_FLAG,
        needs_gpu=True,
        note="Run by its authors' own library. Built on Gemma 2B: Google's terms for Gemma may apply as well.",
    ),
    Model(
        "bge-reranker-v2-minicpm-layerwise",
        "BGE reranker v2 MiniCPM layerwise",
        "flag-layerwise",
        "BAAI/bge-reranker-v2-minicpm-layerwise",
        2_724_956_928,
        "Apache-2.0",
        "multilingual",
        2048,
        card=f"{_HUB}BAAI/bge-reranker-v2-minicpm-layerwise",
        download_bytes=10_900_000_000,
        settings=(
            Setting("layer", None, _LAYER.format("8 to 40; its card shows 28"), low=1, high=1000),
            _LENGTH,
            HALF_PRECISION,
        ),
        needs_gpu=True,
        note="Scores of different layers are on different scales. Its own Python code is not run.",
    ),
    Model(
        "bge-reranker-v2.5-gemma2-lightweight",
        "BGE reranker v2.5 Gemma 2 lightweight",
        "flag-lightweight",
        "BAAI/bge-reranker-v2.5-gemma2-lightweight",
        9_241_831_424,
        "Gemma",
        "multilingual",
        8192,
        score_scale="logit (within ±30)",
        card=f"{_HUB}BAAI/bge-reranker-v2.5-gemma2-lightweight",
        download_bytes=36_967_000_000,
        settings=(
            Setting("layer", None, _LAYER.format("8 to 42; its card shows 28"), low=1, high=1000),
            Setting(
                "compress_ratio",
                1,
                "How many neighbouring tokens of the passage become one; 1: none.",
                choices=(1, 2, 4, 8),
            ),
            Setting("compress_layers", "8", 'After how many layers to compress, such as "24, 40" (again at each).'),
            Setting(
                "head",
                "first",
                "Which head scores a chosen layer: the first, as its authors' code does, or the layer's own.",
                choices=("first", "own"),
            ),
            _LENGTH,
            HALF_PRECISION,
        ),
        needs_gpu=True,
        note="Under Google's terms for Gemma. The hub keeps it at four bytes a weight. Its own Python code is not run.",
    ),
)
