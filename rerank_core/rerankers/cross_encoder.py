"""Cross-encoders: query and passage are read together, the score is the model's raw logit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rerank_core.errors import RerankLensError
from rerank_core.rerankers.family import TokenLimit
from rerank_core.rerankers.tokens import counter, longest_input


class PairEncoder:
    """A sentence-transformers CrossEncoder with one label."""

    def __init__(self, model: Any, batch_size: int) -> None:
        self._model, self.batch_size = model, batch_size
        # an empty pair is all special tokens: [CLS] [SEP] [SEP], or a whole chat template
        empty = model.preprocess([("", "")])
        self.limit = TokenLimit(
            longest_input(model.tokenizer, model.config, None),
            int(empty["input_ids"].shape[1]),
            counter(model.tokenizer),
            query_shares=True,
            query_first=empty.get("modality") == "message",
        )

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Raw logits."""
        import torch

        if not texts:
            return []
        scores = self._model.predict(
            [(query, text) for text in texts],
            batch_size=self.batch_size,
            activation_fn=torch.nn.Identity(),
            show_progress_bar=False,
        )
        return [float(score) for score in scores]


def open_model(family: str, folder: Path, settings: Mapping[str, Any], device: str) -> PairEncoder:
    """A cross-encoder from a local folder; RerankLensError for a model that gives more than one score."""
    import torch
    from sentence_transformers import CrossEncoder

    config = json.loads((folder / "config.json").read_text("utf-8"))
    generates = any(name.endswith("ForCausalLM") for name in config.get("architectures") or [])
    if generates and not (folder / "modules.json").is_file():
        raise RerankLensError(f"{folder.name} is a language model: open it as a model of the family yes-no")
    model = CrossEncoder(
        str(folder),
        device=device,
        local_files_only=True,
        trust_remote_code=settings.get("trust_remote_code", False),
        model_kwargs={"dtype": getattr(torch, settings["precision"])},
    )
    if model.num_labels != 1:
        raise RerankLensError(f"{folder.name} gives {model.num_labels} scores a pair, a reranker gives one")
    model.max_seq_length = longest_input(model.tokenizer, model.config, settings["max_length"])
    return PairEncoder(model, batch_size=16 if device == "cpu" else 64)
