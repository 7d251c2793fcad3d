"""Causal language models that were trained to say whether a passage is relevant: logit of yes minus logit of no.

The prompts are those of the model cards of Qwen3-Reranker and of mixedbread's own package; the parts are tokenized
apart and only the passage (and a very long query) is cut, so that the question at the end is never lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rerank_core.errors import RerankLensError, SettingsError
from rerank_core.rerankers.family import TokenLimit
from rerank_core.rerankers.tokens import counter, longest_input


@dataclass(frozen=True, slots=True)
class _Prompt:
    """head + instruction + before_query + query + before_text + passage + tail; the answer is the next token."""

    head: str
    instruction: str
    before_query: str
    before_text: str
    tail: str
    yes: str
    no: str


_PROMPTS = {
    "qwen3": _Prompt(
        '<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct '
        'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n',
        "<Instruct>: {}\n",
        "<Query>: ",
        "\n<Document>: ",
        "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
        "yes",
        "no",
    ),
    "mxbai": _Prompt(
        "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n"
        "<|im_start|>user\n",
        "instruction: {}\n",
        "query: ",
        "\ndocument: ",
        "\nYou are a search relevance expert who evaluates how well documents match search queries. For each "
        "query-document pair, carefully analyze the semantic relationship between them, then provide your binary "
        "relevance judgment (0 for not relevant, 1 for relevant).\nRelevance:<|im_end|>\n<|im_start|>assistant\n",
        "1",
        "0",
    ),
}  # fmt: skip


class YesNo:
    """A causal language model and its prompt."""

    def __init__(
        self, model: Any, tokenizer: Any, prompt: _Prompt, instruction: str, max_length: int, batch_size: int
    ) -> None:
        self._model, self._tokenizer, self.batch_size = model, tokenizer, batch_size
        told = prompt.instruction.format(instruction) if instruction else ""
        self._head = self._ids(prompt.head + told + prompt.before_query)
        self._between, self._tail = self._ids(prompt.before_text), self._ids(prompt.tail)
        self._yes, self._no = self._answer(prompt.yes), self._answer(prompt.no)
        fixed = len(self._head) + len(self._between) + len(self._tail)
        if fixed >= max_length:
            raise SettingsError(f"max_length {max_length} leaves no room beside a prompt of {fixed} tokens")
        self.limit = TokenLimit(
            max_length,
            fixed,
            counter(tokenizer),
            query_shares=True,
            query_first=True,
            query_max=(max_length - fixed) * 3 // 4,
        )

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """logit(yes) - logit(no); 0 where the model is undecided."""
        if not texts:
            return []
        room = self.limit.max_tokens - self.limit.special_tokens
        query_ids = self._ids(query)[: self.limit.query_max]
        inputs = [
            self._head + query_ids + self._between + self._ids(text)[: room - len(query_ids)] + self._tail
            for text in texts
        ]
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

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)["input_ids"])

    def _answer(self, word: str) -> int:
        ids = self._ids(word)
        if len(ids) != 1:
            raise RerankLensError(f"this model's tokenizer has no single token for the answer {word!r}")
        return ids[0]


def open_model(family: str, folder: Path, settings: Mapping[str, Any], device: str) -> YesNo:
    """A causal reranker from a local folder."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    own = {"local_files_only": True, "trust_remote_code": settings.get("trust_remote_code", False)}
    tokenizer = AutoTokenizer.from_pretrained(str(folder), **own)
    model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=getattr(torch, settings["precision"]), **own)
    longest = longest_input(tokenizer, model.config, settings["max_length"])
    prompt = _PROMPTS[settings["template"]]
    batch_size = 4 if device == "cpu" else 32
    model.to(torch.device(device)).eval()  # type: ignore[arg-type]
    return YesNo(model, tokenizer, prompt, settings["instruction"], longest, batch_size)
