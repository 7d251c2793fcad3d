"""Cross-encoders: query and passage are read together, the score is the model's raw logit.

Models of BERT's, XLM-R's or ModernBERT's shape go through `rerank_core.inference`; all others through the library's own
predict.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rerank_core.errors import RerankLensError, SettingsError
from rerank_core.inference.device import abilities
from rerank_core.inference.engine import Engine, open_engine
from rerank_core.inference.pair_tokens import Cut, Pair, PairTokens, UnknownModelError, query_share
from rerank_core.inference.precision import Precision, plan
from rerank_core.rerankers.family import Scorer, TokenLimit
from rerank_core.rerankers.local.xlm_r_flash import is_flash
from rerank_core.rerankers.local.xlm_r_flash import read as read_flash
from rerank_core.rerankers.tokens import counter, longest_input


class EnginePairs(Scorer):
    """A cross-encoder that the engine runs."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.runs_as = engine, engine.description
        tokens = engine.tokens
        self.limit = _limit(tokens, engine.count)
        self.chunk = engine.chunk

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Raw logits."""
        return self.engine.score(query, texts)

    def count_anew(self, texts: Sequence[str]) -> list[int]:
        """By the tokenizer: the engine keeps the tokens of texts just scored."""
        return self.engine.count_anew(texts)

    def notes(self) -> Sequence[str]:
        """What the chosen precision means on this machine, where it is not what its name says."""
        return (self.engine.plan.note,) if self.engine.plan.note else ()


class LibraryPairs(Scorer):
    """A sentence-transformers CrossEncoder with one label. `reason`: why the engine does not run it.

    `tokens` makes the inputs where they are not cut as the library's own predict cuts them.
    """

    def __init__(self, model: Any, batch_size: int, reason: str = "", tokens: PairTokens | None = None) -> None:
        self._model, self.batch_size, self._reason, self._tokens = model, batch_size, reason, tokens
        self.runs_as = "the library's own predict" if tokens is None else "the library's own model"
        if tokens is not None:
            self.limit = _limit(tokens, tokens.count)
            return
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
        if self._tokens is not None:
            return self._score_pairs(self._tokens.pairs(query, texts))
        scores = self._model.predict(
            [(query, text) for text in texts],
            batch_size=self.batch_size,
            activation_fn=torch.nn.Identity(),
            show_progress_bar=False,
        )
        return [float(score) for score in scores]

    def _score_pairs(self, pairs: Sequence[Pair]) -> list[float]:
        """The model's scores of given tokens, in their order; long pairs share a batch with long ones."""
        import torch

        order = sorted(range(len(pairs)), key=lambda place: -len(pairs[place]))
        scores = [0.0] * len(pairs)
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            with torch.inference_mode():
                logits = self._model(self._features([pairs[place] for place in batch]))["scores"]
            for place, score in zip(batch, logits.flatten().tolist(), strict=True):
                scores[place] = score
        return scores

    def _features(self, pairs: Sequence[Pair]) -> dict[str, Any]:
        tokenizer = self._model.tokenizer
        columns = {"input_ids": [pair.ids.tolist() for pair in pairs]}
        if "token_type_ids" in tokenizer.model_input_names:
            columns["token_type_ids"] = [pair.types.tolist() for pair in pairs]
        padded = tokenizer.pad(columns, padding=True, return_attention_mask=True, return_tensors="pt", verbose=False)
        return {name: values.to(self._model.device) for name, values in padded.items()}

    def notes(self) -> Sequence[str]:
        """Why it is slower than it might be."""
        return (f"scored by {self.runs_as}, not by the fast engine: {self._reason}",) if self._reason else ()


def open_model(family: str, folder: Path, settings: Mapping[str, Any], device: str) -> Scorer:
    """A cross-encoder from a local folder; RerankLensError for a model that gives more than one score."""
    from sentence_transformers import CrossEncoder

    config = json.loads((folder / "config.json").read_text("utf-8"))
    generates = any(name.endswith("ForCausalLM") for name in config.get("architectures") or [])
    if generates and not (folder / "modules.json").is_file():
        raise RerankLensError(f"{folder.name} is a language model: open it as a model of the family yes-no")
    if is_flash(config):
        return _flash(folder, config, settings, device)
    model = CrossEncoder(
        str(folder),
        device=device,
        local_files_only=True,
        trust_remote_code=settings.get("trust_remote_code", False),
        model_kwargs={"dtype": "float32"},
    )
    if model.num_labels != 1:
        raise RerankLensError(f"{folder.name} gives {model.num_labels} scores per pair, a reranker gives one")
    model.max_seq_length = longest_input(model.tokenizer, model.config, settings["max_length"])
    model.eval()
    try:
        return EnginePairs(_engine(model, settings["precision"], device, settings["cut"]))
    except UnknownModelError as unknown:
        return _library(model, settings["precision"], device, settings["cut"], str(unknown))


def _flash(folder: Path, config: Mapping[str, Any], settings: Mapping[str, Any], device: str) -> EnginePairs:
    """Jina's XLM-R, whose weights are read here: see `xlm_r_flash`."""
    model, tokenizer = read_flash(folder, config, device)
    longest = longest_input(tokenizer, model.config, settings["max_length"])
    try:
        engine = open_engine(model, tokenizer, longest, settings["precision"], device, settings["cut"])
    except UnknownModelError as unknown:
        raise RerankLensError(f"{folder.name} cannot be run: {unknown}") from unknown
    return EnginePairs(engine)


def _engine(model: Any, precision: Precision, device: str, cut: Cut) -> Engine:
    _check_plain_pairs(model)
    alone = len(model) == 1 and model.model is not None
    return open_engine(model.model if alone else model, model.tokenizer, model.max_seq_length, precision, device, cut)


def _check_plain_pairs(model: Any) -> None:
    """Raise UnknownModelError for a model that does not read its tokenizer's pairs of query and passage as they are."""
    if getattr(model[0], "processing_kwargs", None):
        raise UnknownModelError("its files tell its tokenizer how to work")
    if any(model.prompts.values()):
        raise UnknownModelError("it reads a prompt before each pair")
    if model.preprocess([("", "")]).get("modality") == "message":
        raise UnknownModelError("it reads query and passage within a chat template")


def _limit(tokens: PairTokens, count: Callable[[Sequence[str]], list[int]]) -> TokenLimit:
    """How much of a passage those pairs hold."""
    special, only_passage = tokens.layout.special_tokens, tokens.cut == "passage"
    share = query_share(tokens.max_tokens) if only_passage else None
    return TokenLimit(tokens.max_tokens, special, count, query_shares=True, query_first=only_passage, query_max=share)


def _pair_tokens(model: Any, cut: Cut) -> PairTokens | None:
    """What makes the model's inputs where the library's predict would cut them otherwise; None: it does not.

    Raises SettingsError where this model's inputs cannot be made here.
    """
    if cut == "longest_first":
        return None
    try:
        _check_plain_pairs(model)
        return PairTokens(model.tokenizer, model.max_seq_length, cut)
    except UnknownModelError as unknown:
        raise SettingsError(f"cut must be longest_first for this model: {unknown}") from unknown


def _library(model: Any, precision: Precision, device: str, cut: Cut, reason: str) -> LibraryPairs:
    import torch

    arithmetic = plan(precision, abilities(device)).arithmetic
    if arithmetic == "int8":
        reason += "; its preview is computed as exact"
    elif arithmetic != "float32":
        model.to(getattr(torch, arithmetic))
    return LibraryPairs(model, 16 if device == "cpu" else 64, reason, _pair_tokens(model, cut))
