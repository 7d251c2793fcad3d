"""Cross-encoders: query and passage are read together, the score is the model's raw logit.

Models of BERT's or XLM-R's shape go through `rerank_core.scoring`; all others through the library's own predict.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rerank_core.errors import RerankLensError
from rerank_core.rerankers.family import Scorer, TokenLimit
from rerank_core.rerankers.tokens import counter, longest_input
from rerank_core.scoring.device import abilities
from rerank_core.scoring.engine import Engine, open_engine
from rerank_core.scoring.pair_tokens import UnknownModelError
from rerank_core.scoring.precision import Precision, plan


class EnginePairs:
    """A cross-encoder that the engine runs."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.runs_as = engine, engine.description
        tokens = engine.tokens
        self.limit = TokenLimit(tokens.max_tokens, tokens.layout.special_tokens, engine.count, query_shares=True)
        self.chunk = engine.chunk
        self.count_anew = engine.count_anew

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Raw logits."""
        return self.engine.score(query, texts)

    def usage(self) -> Mapping[str, float]:
        """Nothing is counted."""
        return {}

    def notes(self) -> Sequence[str]:
        """What the chosen precision means on this machine, where it is not what its name says."""
        return (self.engine.plan.note,) if self.engine.plan.note else ()


class LibraryPairs:
    """A sentence-transformers CrossEncoder with one label. `reason`: why the engine does not run it."""

    def __init__(self, model: Any, batch_size: int, reason: str = "") -> None:
        self._model, self.batch_size, self._reason = model, batch_size, reason
        self.runs_as = "the library's own predict"
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

    def usage(self) -> Mapping[str, float]:
        """Nothing is counted."""
        return {}

    def notes(self) -> Sequence[str]:
        """Why it is slower than it might be."""
        return (f"scored by the library's own predict, not by the fast engine: {self._reason}",) if self._reason else ()


def open_model(family: str, folder: Path, settings: Mapping[str, Any], device: str) -> Scorer:
    """A cross-encoder from a local folder; RerankLensError for a model that gives more than one score."""
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
        model_kwargs={"dtype": "float32"},
    )
    if model.num_labels != 1:
        raise RerankLensError(f"{folder.name} gives {model.num_labels} scores a pair, a reranker gives one")
    model.max_seq_length = longest_input(model.tokenizer, model.config, settings["max_length"])
    model.eval()
    try:
        return EnginePairs(_engine(model, settings["precision"], device))
    except UnknownModelError as unknown:
        return _library(model, settings["precision"], device, str(unknown))


def _engine(model: Any, precision: Precision, device: str) -> Engine:
    if len(model) != 1 or model.model is None:
        raise UnknownModelError("it is made of several modules")
    if getattr(model[0], "processing_kwargs", None):
        raise UnknownModelError("its files tell its tokenizer how to work")
    if any(model.prompts.values()):
        raise UnknownModelError("it reads a prompt before each pair")
    return open_engine(model.model, model.tokenizer, model.max_seq_length, precision, device)


def _library(model: Any, precision: Precision, device: str, reason: str) -> LibraryPairs:
    import torch

    arithmetic = plan(precision, abilities(device)).arithmetic
    if arithmetic == "int8":
        reason += "; its preview is computed as exact"
    elif arithmetic != "float32":
        model.to(getattr(torch, arithmetic))
    return LibraryPairs(model, batch_size=16 if device == "cpu" else 64, reason=reason)
