"""Folders of tiny models that are the same in every environment: weights of a frozen generator, files written by hand.

No library of models is imported: the authors' code reads these folders in its own environment, ours in ours.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from string import punctuation
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from tests.rerankers.reference.tiny_tokenizers import byte_level, unigram, wordpiece
from tests.support.flag_folders import GEMMA2, MINICPM

Shapes = dict[str, tuple[int, ...]]
HIDDEN, INNER, LAYERS, HEADS = 32, 64, 2, 2
SIZES = {
    "hidden_size": HIDDEN, "intermediate_size": INNER, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
}  # fmt: skip


def weights(shapes: Shapes, scale: float = 0.3) -> dict[str, Any]:
    """Float32 arrays by name, each from a generator seeded by the name; vectors that scale stay about 1."""
    found = {}
    for name, shape in shapes.items():
        # RandomState's numbers are promised never to change
        values = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(shape) * scale
        scales = name.endswith(("norm.weight", "LayerNorm.weight", "norm1.weight", "norm2.weight", "emb_ln.weight"))
        found[name] = (1 + values * 0.3 if scales else values).astype(np.float32)
    return found


def _linear(name: str, out: int, into: int) -> Shapes:
    return {f"{name}.weight": (out, into), f"{name}.bias": (out,)}


def _norm(name: str) -> Shapes:
    return {f"{name}.weight": (HIDDEN,), f"{name}.bias": (HIDDEN,)}


def _bert(prefix: str, vocabulary: int, positions: int, types: int) -> Shapes:
    """The encoder that BERT and XLM-R share, without a pooler."""
    place = f"{prefix}.embeddings"
    shapes: Shapes = {
        f"{place}.word_embeddings.weight": (vocabulary, HIDDEN),
        f"{place}.position_embeddings.weight": (positions, HIDDEN),
        f"{place}.token_type_embeddings.weight": (types, HIDDEN),
        **_norm(f"{place}.LayerNorm"),
    }
    for layer in range(LAYERS):
        place = f"{prefix}.encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            shapes |= _linear(f"{place}.attention.self.{part}", HIDDEN, HIDDEN)
        shapes |= _linear(f"{place}.attention.output.dense", HIDDEN, HIDDEN)
        shapes |= _norm(f"{place}.attention.output.LayerNorm")
        shapes |= _linear(f"{place}.intermediate.dense", INNER, HIDDEN)
        shapes |= _linear(f"{place}.output.dense", HIDDEN, INNER) | _norm(f"{place}.output.LayerNorm")
    return shapes


def _modern(prefix: str, vocabulary: int) -> Shapes:
    shapes: Shapes = {
        f"{prefix}embeddings.tok_embeddings.weight": (vocabulary, HIDDEN),
        f"{prefix}embeddings.norm.weight": (HIDDEN,),
        f"{prefix}final_norm.weight": (HIDDEN,),
    }
    for layer in range(LAYERS):
        place = f"{prefix}layers.{layer}"
        shapes |= {
            f"{place}.attn.Wqkv.weight": (3 * HIDDEN, HIDDEN),
            f"{place}.attn.Wo.weight": (HIDDEN, HIDDEN),
            f"{place}.mlp.Wi.weight": (2 * INNER, HIDDEN),
            f"{place}.mlp.Wo.weight": (HIDDEN, INNER),
            f"{place}.mlp_norm.weight": (HIDDEN,),
        }
        if layer:
            shapes[f"{place}.attn_norm.weight"] = (HIDDEN,)
    return shapes


def _qwen(kind: str, vocabulary: int) -> Shapes:
    """A decoder whose answers are read with the embeddings of its input; one key head of 16 dimensions."""
    shapes: Shapes = {"model.embed_tokens.weight": (vocabulary, HIDDEN), "model.norm.weight": (HIDDEN,)}
    heads = {"q": HEADS * 16, "k": 16, "v": 16}
    for layer in range(LAYERS):
        place = f"model.layers.{layer}"
        for part, size in heads.items():
            shapes[f"{place}.self_attn.{part}_proj.weight"] = (size, HIDDEN)
            if kind == "qwen2":
                shapes[f"{place}.self_attn.{part}_proj.bias"] = (size,)
        if kind == "qwen3":
            shapes |= {f"{place}.self_attn.{part}_norm.weight": (16,) for part in "qk"}
        shapes |= {
            f"{place}.self_attn.o_proj.weight": (HIDDEN, HEADS * 16),
            f"{place}.mlp.gate_proj.weight": (INNER, HIDDEN),
            f"{place}.mlp.up_proj.weight": (INNER, HIDDEN),
            f"{place}.mlp.down_proj.weight": (HIDDEN, INNER),
            f"{place}.input_layernorm.weight": (HIDDEN,),
            f"{place}.post_attention_layernorm.weight": (HIDDEN,),
        }
    return shapes


def _write(folder: Path, config: Mapping[str, Any], shapes: Shapes, files: Mapping[str, Any]) -> Path:
    """A folder with a configuration, weights, and `files`: JSON by path."""
    folder.mkdir(parents=True)
    save_file(weights(shapes), folder / "model.safetensors", metadata={"format": "pt"})
    for name, content in {"config.json": config, **files}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return folder


def bert(folder: Path) -> Path:
    """As cross-encoder/ms-marco-MiniLM-L6-v2."""
    vocabulary, files = wordpiece()
    config = {"model_type": "bert", "architectures": ["BertForSequenceClassification"], "vocab_size": vocabulary,
              "max_position_embeddings": 512, "type_vocab_size": 2, "pad_token_id": 0, "hidden_act": "gelu",
              "layer_norm_eps": 1e-12, "id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}, **SIZES}  # fmt: skip
    shapes = _bert("bert", vocabulary, 512, 2)
    shapes |= _linear("bert.pooler.dense", HIDDEN, HIDDEN) | _linear("classifier", 1, HIDDEN)
    return _write(folder, config, shapes, files)


def xlm_r(folder: Path) -> Path:
    """As BAAI/bge-reranker-v2-m3: two positions before the first, one token type."""
    vocabulary, files = unigram()
    config = {"model_type": "xlm-roberta", "architectures": ["XLMRobertaForSequenceClassification"],
              "vocab_size": vocabulary, "max_position_embeddings": 514, "type_vocab_size": 1, "pad_token_id": 1,
              "bos_token_id": 0, "eos_token_id": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-5,
              "id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}, **SIZES}  # fmt: skip
    shapes = _bert("roberta", vocabulary, 514, 1)
    shapes |= _linear("classifier.dense", HIDDEN, HIDDEN) | _linear("classifier.out_proj", 1, HIDDEN)
    return _write(folder, config, shapes, files)


def jina(folder: Path) -> Path:
    """As jinaai/jina-reranker-v2-base-multilingual: XLM-R under the names of its own code, without a model_type."""
    vocabulary, files = unigram()
    code = {
        "AutoConfig": "configuration_xlm_roberta.XLMRobertaFlashConfig",
        "AutoModel": "modeling_xlm_roberta.XLMRobertaModel",
        "AutoModelForSequenceClassification": "modeling_xlm_roberta.XLMRobertaForSequenceClassification",
    }
    config = {"architectures": ["XLMRobertaForSequenceClassification"], "auto_map": code, "vocab_size": vocabulary,
              "max_position_embeddings": 514, "type_vocab_size": 1, "pad_token_id": 1, "bos_token_id": 0,
              "eos_token_id": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-5, "position_embedding_type": "absolute",
              "num_labels": 1, "id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}, "use_flash_attn": True,
              "torch_dtype": "bfloat16", "classifier_dropout": None, "emb_pooler": None, **SIZES}  # fmt: skip
    shapes: Shapes = {
        "roberta.embeddings.word_embeddings.weight": (vocabulary, HIDDEN),
        "roberta.embeddings.position_embeddings.weight": (514, HIDDEN),
        "roberta.embeddings.token_type_embeddings.weight": (1, HIDDEN),
        **_norm("roberta.emb_ln"),
    }
    for layer in range(LAYERS):
        place = f"roberta.encoder.layers.{layer}"
        shapes |= _linear(f"{place}.mixer.Wqkv", 3 * HIDDEN, HIDDEN) | _linear(
            f"{place}.mixer.out_proj", HIDDEN, HIDDEN
        )
        shapes |= _linear(f"{place}.mlp.fc1", INNER, HIDDEN) | _linear(f"{place}.mlp.fc2", HIDDEN, INNER)
        shapes |= _norm(f"{place}.norm1") | _norm(f"{place}.norm2")
    shapes |= _linear("classifier.dense", HIDDEN, HIDDEN) | _linear("classifier.out_proj", 1, HIDDEN)
    return _write(folder, config, shapes, files)


_MODERN = {"model_type": "modernbert", "max_position_embeddings": 512, "pad_token_id": 0, "cls_token_id": 2,
           "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3, "local_attention": 16,
           "global_attn_every_n_layers": 2, "norm_eps": 1e-5, "attention_bias": False, "mlp_bias": False,
           "norm_bias": False, "reference_compile": False, **SIZES}  # fmt: skip


def modern_bert(folder: Path) -> Path:
    """As Alibaba-NLP/gte-reranker-modernbert-base."""
    vocabulary, files = wordpiece(typed=False)
    config = {"architectures": ["ModernBertForSequenceClassification"], "vocab_size": vocabulary,
              "classifier_pooling": "mean", "classifier_bias": False, "id2label": {"0": "LABEL_0"},
              "label2id": {"LABEL_0": 0}, **_MODERN}  # fmt: skip
    shapes = _modern("model.", vocabulary)
    shapes |= {"head.dense.weight": (HIDDEN, HIDDEN), "head.norm.weight": (HIDDEN,)} | _linear("classifier", 1, HIDDEN)
    return _write(folder, config, shapes, files)


def _qwen_config(kind: str, vocabulary: int, tokens: Mapping[str, int]) -> dict[str, Any]:
    return {"model_type": kind, "architectures": [f"Qwen{kind[-1]}ForCausalLM"], "vocab_size": vocabulary,
            "num_key_value_heads": 1, "head_dim": 16, "max_position_embeddings": 4096, "rope_theta": 1000000.0,
            "rms_norm_eps": 1e-6, "hidden_act": "silu", "tie_word_embeddings": True, "attention_bias": False,
            "use_sliding_window": False, "bos_token_id": tokens["<|endoftext|>"],
            "eos_token_id": tokens["<|im_end|>"], **SIZES}  # fmt: skip


def qwen(kind: str, folder: Path) -> Path:
    """`kind` "qwen3": as Qwen/Qwen3-Reranker-0.6B; "qwen2": as mixedbread-ai/mxbai-rerank-base-v2."""
    vocabulary, tokens, files = byte_level()
    return _write(folder, _qwen_config(kind, vocabulary, tokens), _qwen(kind, vocabulary), files)


def gemma(folder: Path) -> Path:
    """As BAAI/bge-reranker-v2-gemma, with Qwen's tokens and one for the begin of a text."""
    vocabulary, tokens, files = byte_level(begin="<bos>")
    config = {"model_type": "gemma", "architectures": ["GemmaForCausalLM"], "vocab_size": vocabulary,
              "num_key_value_heads": 1, "head_dim": 16, "max_position_embeddings": 4096, "rope_theta": 10000.0,
              "rms_norm_eps": 1e-6, "hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh",
              "tie_word_embeddings": True, "attention_bias": False, "bos_token_id": tokens["<bos>"],
              "eos_token_id": tokens["<|im_end|>"], "pad_token_id": tokens["<|endoftext|>"], **SIZES}  # fmt: skip
    return _write(folder, config, _qwen("gemma", vocabulary), files)


def layered(kind: str, folder: Path) -> Path:
    """`kind` "minicpm" or "gemma2": as BAAI's two rerankers with heads on their layers, in float32."""
    vocabulary, tokens, files = byte_level(begin="<bos>")
    given: dict[str, Any] = MINICPM if kind == "minicpm" else GEMMA2
    config = {**given, "vocab_size": vocabulary, "torch_dtype": "float32", "bos_token_id": tokens["<bos>"],
              "eos_token_id": tokens["<|im_end|>"], "pad_token_id": tokens["<|endoftext|>"]}  # fmt: skip
    hidden, inner, heads = config["hidden_size"], config["intermediate_size"], config["num_attention_heads"]
    width = config.get("head_dim", hidden // heads)
    sizes = {"q": heads * width, "k": config["num_key_value_heads"] * width, "v": config["num_key_value_heads"] * width}
    norms = ["input", "post_attention", *(["pre_feedforward", "post_feedforward"] if kind == "gemma2" else [])]
    shapes: Shapes = {"model.embed_tokens.weight": (vocabulary, hidden), "model.norm.weight": (hidden,)}
    for layer in range(config["num_hidden_layers"]):
        place = f"model.layers.{layer}"
        shapes |= {f"{place}.self_attn.{part}_proj.weight": (size, hidden) for part, size in sizes.items()}
        shapes |= {f"{place}.{norm}_layernorm.weight": (hidden,) for norm in norms}
        shapes |= {
            f"{place}.self_attn.o_proj.weight": (hidden, heads * width),
            f"{place}.mlp.gate_proj.weight": (inner, hidden),
            f"{place}.mlp.up_proj.weight": (inner, hidden),
            f"{place}.mlp.down_proj.weight": (hidden, inner),
        }
    for head in range(config["num_hidden_layers"] + 1 - config["start_layer"]):
        shapes[f"lm_head.{head}.linear_head.weight"] = (1, hidden)
    return _write(folder, config, shapes, files)


CHAT = (
    "{{- '<|im_start|>system\n' }}{%- for message in messages %}{%- if message.role == 'query' %}"
    "{{- message.content + '<|im_end|>\n<|im_start|>user\n' }}{%- elif message.role == 'document' %}"
    "{{- message.content + '<|im_end|>\n' }}{%- endif %}{%- endfor %}{{- '<|im_start|>assistant\n' }}"
)


def chat_scores(folder: Path) -> Path:
    """A language model as a CrossEncoder of sentence-transformers: a chat template, then the logit of "yes"."""
    vocabulary, tokens, files = byte_level(chat_template=CHAT)
    modality = {"text": {"method": "forward", "method_output_name": "logits"},
                "message": {"method": "forward", "method_output_name": "logits", "format": "flat"}}  # fmt: skip
    parts = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.base.modules.transformer.Transformer"},
        {"idx": 1, "name": "1", "path": "1_LogitScore",
         "type": "sentence_transformers.cross_encoder.modules.logit_score.LogitScore"},
    ]  # fmt: skip
    files = {
        **files,
        "modules.json": parts,
        "sentence_bert_config.json": {"transformer_task": "text-generation", "modality_config": modality,
                                      "module_output_name": "causal_logits"},
        "1_LogitScore/config.json": {"true_token_id": tokens["yes"], "false_token_id": None,
                                     "module_input_name": "causal_logits"},
        "config_sentence_transformers.json": {"model_type": "CrossEncoder", "prompts": {}},
    }  # fmt: skip
    return _write(folder, _qwen_config("qwen3", vocabulary, tokens), _qwen("qwen3", vocabulary), files)


def colbert(folder: Path) -> Path:
    """As colbert-ir/colbertv2.0."""
    vocabulary, files = wordpiece()
    config = {"model_type": "bert", "architectures": ["HF_ColBERT"], "vocab_size": vocabulary,
              "max_position_embeddings": 512, "type_vocab_size": 2, "pad_token_id": 0, "hidden_act": "gelu",
              "layer_norm_eps": 1e-12, **SIZES}  # fmt: skip
    metadata = {"query_token_id": "[unused0]", "doc_token_id": "[unused1]", "query_token": "[Q]", "doc_token": "[D]",
                "doc_maxlen": 180, "query_maxlen": 32, "attend_to_mask_tokens": False, "mask_punctuation": True,
                "dim": 16, "similarity": "cosine"}  # fmt: skip
    shapes: Shapes = {**_bert("bert", vocabulary, 512, 2), "linear.weight": (16, HIDDEN)}
    return _write(folder, config, shapes, {**files, "artifact.metadata": metadata})


def pylate(folder: Path, expansion: bool) -> Path:
    """As lightonai/GTE-ModernColBERT-v1 in pylate's form; `expansion`: queries are filled up with [MASK]."""
    vocabulary, files = wordpiece(typed=False, markers=("[Q] ", "[D] "))
    # a window wider than a query, as the real one: a [MASK] beyond the window of all words would attend to nothing
    config = {"architectures": ["ModernBertModel"], "vocab_size": vocabulary, **_MODERN, "local_attention": 128}
    parts = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Dense", "type": "pylate.models.Dense.Dense"},
    ]
    dense = {"in_features": HIDDEN, "out_features": 16, "bias": False,
             "activation_function": "torch.nn.modules.linear.Identity"}  # fmt: skip
    own = {"query_prefix": "[Q] ", "document_prefix": "[D] ", "query_length": 32, "document_length": 64,
           "attend_to_expansion_tokens": False, "skiplist_words": list(punctuation),
           "do_query_expansion": expansion, "similarity_fn_name": "MaxSim", "prompts": {}}  # fmt: skip
    _write(folder, config, _modern("", vocabulary), {
        **files, "modules.json": parts, "1_Dense/config.json": dense, "config_sentence_transformers.json": own,
        "sentence_bert_config.json": {"max_seq_length": 63, "do_lower_case": False},
    })  # fmt: skip
    save_file(weights({"linear.weight": (16, HIDDEN)}), folder / "1_Dense" / "model.safetensors")
    return folder


def splade(folder: Path) -> Path:
    """As naver/splade-cocondenser-ensembledistil: BERT with its head for masked words."""
    vocabulary, files = wordpiece()
    config = {"model_type": "bert", "architectures": ["BertForMaskedLM"], "vocab_size": vocabulary,
              "max_position_embeddings": 512, "type_vocab_size": 2, "pad_token_id": 0, "hidden_act": "gelu",
              "layer_norm_eps": 1e-12, "tie_word_embeddings": True, **SIZES}  # fmt: skip
    head = "cls.predictions"
    shapes: Shapes = {**_bert("bert", vocabulary, 512, 2), f"{head}.bias": (vocabulary,)}
    shapes |= _linear(f"{head}.transform.dense", HIDDEN, HIDDEN) | _norm(f"{head}.transform.LayerNorm")
    return _write(folder, config, shapes, files)


FOLDERS = {
    "bert": bert, "xlm_r": xlm_r, "jina": jina, "modern_bert": modern_bert, "chat_scores": chat_scores,
    "colbert": colbert, "splade": splade, "gemma": gemma,
    "minicpm": lambda folder: layered("minicpm", folder), "gemma2": lambda folder: layered("gemma2", folder),
    "qwen3": lambda folder: qwen("qwen3", folder), "qwen2": lambda folder: qwen("qwen2", folder),
    "pylate": lambda folder: pylate(folder, True), "pylate_plain": lambda folder: pylate(folder, False),
}  # fmt: skip
