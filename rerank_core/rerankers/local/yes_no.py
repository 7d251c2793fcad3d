"""Causal language models that were trained to say whether a passage is relevant: logit of yes minus logit of no.

The inputs are those of their authors' code, token by token: see `yes_no_prompts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rerank_core.errors import RerankLensError
from rerank_core.rerankers.family import Scorer
from rerank_core.rerankers.local.yes_no_prompts import TEMPLATES, PromptTokens, Template
from rerank_core.rerankers.tokens import longest_input


class YesNo(Scorer):
    """A causal language model and its prompt. `max_length` None: as long as the model allows (`longest` tokens)."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        template: Template,
        instruction: str,
        max_length: int | None,
        longest: int,
        batch_size: int,
    ) -> None:
        self._model, self._tokenizer, self.batch_size = model, tokenizer, batch_size
        self._yes, self._no = self._answer(template.yes), self._answer(template.no)
        self._prompt = PromptTokens(template, self._ids, instruction, max_length, longest)
        self.limit = self._prompt.limit

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """logit(yes) - logit(no); 0 where the model is undecided."""
        if not texts:
            return []
        inputs = self._prompt.rows(query, texts)
        order = sorted(range(len(inputs)), key=lambda place: -len(inputs[place]))
        scores = [0.0] * len(inputs)
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            for place, score in zip(batch, self._forward([inputs[place] for place in batch]), strict=True):
                scores[place] = score
        return scores

    def _forward(self, rows: list[list[int]]) -> list[float]:
        """The scores of one batch; rows are padded on the left, so that the last position is the question's end."""
        import torch

        width = max(map(len, rows))
        ids = torch.tensor([[self._tokenizer.pad_token_id or 0] * (width - len(row)) + row for row in rows])
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
        device = self._model.device
        with torch.inference_mode():
            logits = self._model(
                input_ids=ids.to(device),
                attention_mask=mask.to(device),
                position_ids=positions.to(device),
                logits_to_keep=1,
                use_cache=False,
            ).logits[:, -1]
        return [float(score) for score in (logits[:, self._yes] - logits[:, self._no]).float()]

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        encoded = self._tokenizer(
            list(texts), add_special_tokens=False, truncation=False, padding=False, return_attention_mask=False,
            verbose=False,
        )  # fmt: skip
        return [list(ids) for ids in encoded["input_ids"]]

    def _answer(self, word: str) -> int:
        (ids,) = self._ids([word])
        if len(ids) != 1:
            raise RerankLensError(f"this model's tokenizer has no single token for the answer {word!r}")
        return ids[0]


def open_model(family: str, folder: Path, settings: Mapping[str, Any], device: str) -> YesNo:
    """A causal reranker from a local folder."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    options = {"local_files_only": True, "trust_remote_code": settings.get("trust_remote_code", False)}
    tokenizer = AutoTokenizer.from_pretrained(str(folder), **options)
    model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=getattr(torch, settings["precision"]), **options)
    longest = longest_input(tokenizer, model.config, None)
    template = TEMPLATES[settings["template"]]
    batch_size = 4 if device == "cpu" else 32
    model.to(torch.device(device)).eval()  # type: ignore[arg-type]
    return YesNo(model, tokenizer, template, settings["instruction"], settings["max_length"], longest, batch_size)
