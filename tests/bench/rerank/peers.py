"""Other ways to score the same pairs with the same model, each as its library's documentation has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Score = Callable[[str, Sequence[str]], Sequence[float]]

# peer -> the modules that it needs
PEERS = {
    "predict": ("sentence_transformers",),
    "predict-16": ("sentence_transformers",),
    "predict-half": ("sentence_transformers",),
    "flagreranker": ("FlagEmbedding",),
    "flagreranker-16": ("FlagEmbedding",),
    "onnx": ("onnxruntime", "onnx"),
    "openvino": ("openvino",),
}
"""predict: CrossEncoder, float32, batches of 32; -16: batches of 16; -half: float16 on a GPU, else bfloat16.
flagreranker: its defaults, batches of 128; -16: batches of 16. onnx: float32, exported by torch, padded batches of like
lengths. openvino: float32, this engine's graph."""


def missing(peer: str) -> str:
    """Which module a peer lacks here; "" for none."""
    return ", ".join(module for module in PEERS[peer] if find_spec(module) is None)


def open_peer(peer: str, folder: Path, device: str) -> Score:
    """A loaded peer."""
    kind, _, variant = peer.partition("-")
    score: Score = _OPENERS[kind](folder, device, variant)
    return score


def _predict(folder: Path, device: str, variant: str) -> Score:
    import torch
    from sentence_transformers import CrossEncoder

    half = torch.bfloat16 if device == "cpu" else torch.float16
    model = CrossEncoder(
        str(folder),
        device=device,
        local_files_only=True,
        max_length=512,
        model_kwargs={"dtype": half if variant == "half" else torch.float32},
    )
    batch, raw = 16 if variant == "16" else 32, torch.nn.Identity()

    def score(query: str, texts: Sequence[str]) -> Sequence[float]:
        found = model.predict([(query, text) for text in texts], batch_size=batch, activation_fn=raw,
                              show_progress_bar=False)  # fmt: skip
        return [float(one) for one in found]

    return score


def _flag(folder: Path, device: str, variant: str) -> Score:
    from FlagEmbedding import FlagReranker

    batch = 16 if variant == "16" else 128
    model = FlagReranker(str(folder), devices=device, use_fp16=device != "cpu", batch_size=batch, max_length=512)

    def score(query: str, texts: Sequence[str]) -> Sequence[float]:
        found: Sequence[float] = model.compute_score_single_gpu(
            [(query, text) for text in texts], batch_size=batch, max_length=512, device=device
        )
        return found

    return score


def _onnx(folder: Path, device: str, variant: str) -> Score:
    import numpy as np
    import onnxruntime
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    model = AutoModelForSequenceClassification.from_pretrained(str(folder), attn_implementation="eager").eval()
    names = ["input_ids", "attention_mask", "token_type_ids"]
    sample = tokenizer([["one", "two three"], ["four", "five"]], padding=True, return_tensors="pt")
    file = folder / "model.onnx"
    torch.onnx.export(
        model,
        tuple(sample[name] for name in names),
        str(file),
        input_names=names,
        output_names=["logits"],
        dynamic_axes={name: {0: "pairs", 1: "tokens"} for name in names},
        dynamo=False,
    )
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])

    def score(query: str, texts: Sequence[str]) -> Sequence[float]:
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        scores = [0.0] * len(texts)
        for start in range(0, len(order), 8):
            part = order[start : start + 8]
            given = tokenizer([[query, texts[place]] for place in part], padding=True, truncation="longest_first",
                              max_length=512, return_tensors="np")  # fmt: skip
            found = session.run(None, {name: given[name].astype(np.int64) for name in names})[0]
            for place, value in zip(part, found.reshape(-1).tolist(), strict=True):
                scores[place] = value
        return scores

    return score


def _openvino(folder: Path, device: str, variant: str) -> Score:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from rerank_core.inference.encoders.encoder_weights import read_weights
    from rerank_core.inference.encoders.openvino_encoder import OpenVinoEncoder
    from rerank_core.inference.pair_tokens import PairTokens
    from rerank_core.inference.streams import Streams

    tokens = PairTokens(AutoTokenizer.from_pretrained(str(folder)), 512)
    weights = read_weights(AutoModelForSequenceClassification.from_pretrained(str(folder)).eval())
    count = torch.get_num_threads()
    run = Streams(OpenVinoEncoder(weights, "float32", count), count, alike=True)
    return lambda query, texts: run(tokens.pairs(query, texts))


_OPENERS: dict[str, Callable[[Path, str, str], Any]] = {
    "predict": _predict,
    "flagreranker": _flag,
    "onnx": _onnx,
    "openvino": _openvino,
}
