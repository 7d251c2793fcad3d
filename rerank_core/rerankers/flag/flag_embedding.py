"""The BGE rerankers through their authors' library, FlagEmbedding.

FlagEmbedding 1.4.2 fails on no texts, takes a RuntimeError of the model for a lack of memory and then tries again for
ever, and drops half precision silently on a CPU; each of these is dealt with here. What it needs beside transformers 5
stands in `flag_library`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rerank_core.errors import RerankLensError, SettingsError
from rerank_core.rerankers.family import Scorer, TokenLimit
from rerank_core.rerankers.flag.library import flag_library, join_by_tokens
from rerank_core.rerankers.flag.pairs import YES_NO_PROMPT, Pairs
from rerank_core.rerankers.tokens import counter

_CLASSES = {
    "flag": "FlagReranker",
    "flag-llm": "FlagLLMReranker",
}


class Flag(Scorer):
    """One of FlagEmbedding's rerankers. `note`: what people should know of how it reads; None: nothing."""

    def __init__(self, reranker: Any, family: str, max_length: int, batch_size: int, note: str | None = None) -> None:
        self._note = note
        self._reranker, self.batch_size, self._max_length = reranker, batch_size, max_length
        _unmask_errors(reranker.model)
        self.limit = _limit(reranker.tokenizer, family, max_length)

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Raw logits."""
        if not texts:
            return []
        # not `compute_score_single_gpu`, which leaves out the "A: " and "B: " of the language models
        scores = self._reranker.compute_score(
            [(query, text) for text in texts],
            batch_size=self.batch_size,
            max_length=self._max_length,
            normalize=False,
        )
        return [float(score) for score in scores]

    def notes(self) -> Sequence[str]:
        """How pairs are read, where it is not from their own tokens."""
        return (self._note,) if self._note else ()


def open_model(family: str, folder: Path, settings: Mapping[str, Any], device: str) -> Flag:
    """A FlagEmbedding reranker from a local folder."""
    import torch

    precision = settings["precision"]
    if precision == "float16" and device == "cpu":
        raise SettingsError("float16 is not available on a CPU: FlagEmbedding would drop it silently")
    library = flag_library()
    facts: dict[str, Any] = {
        # one device: with several it would start a process for each
        "devices": device,
        "use_fp16": precision == "float16",
        "max_length": settings["max_length"],
        "trust_remote_code": settings.get("trust_remote_code", False),
    }
    if family != "flag":
        facts["use_bf16"] = precision == "bfloat16"
    with warnings.catch_warnings():
        # it advises half precision whenever float32 is asked for
        warnings.filterwarnings("ignore", message="Due to model constraints", category=UserWarning)
        reranker = getattr(library, _CLASSES[family])(str(folder), **facts)
    note = join_by_tokens(reranker.tokenizer) if family == "flag" else None
    reranker.use_fp16 = precision == "float16"
    reranker.model.to(getattr(torch, precision))
    return Flag(reranker, family, settings["max_length"], batch_size=8 if device == "cpu" else 32, note=note)


def _limit(tokenizer: Any, family: str, max_length: int) -> TokenLimit:
    if family != "flag":
        # the library's rule: no begin where the tokenizer has none, or pads with it
        begin = [] if tokenizer.bos_token_id in (None, tokenizer.pad_token_id) else [tokenizer.bos_token_id]
        return Pairs(tokenizer, YES_NO_PROMPT, max_length, begin).limit
    special = tokenizer.num_special_tokens_to_add(pair=True)
    query_max = max_length * 3 // 4
    return TokenLimit(max_length, special, counter(tokenizer), query_shares=True, query_first=True, query_max=query_max)


def _unmask_errors(model: Any) -> None:
    """Let every failure of the model's forward pass but a lack of memory come out as a RerankLensError."""
    import torch

    forward = model.forward

    def forward_or_explain(*args: Any, **kwargs: Any) -> Any:
        try:
            return forward(*args, **kwargs)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            raise RerankLensError(f"the model failed: {error}") from error

    model.forward = forward_or_explain
