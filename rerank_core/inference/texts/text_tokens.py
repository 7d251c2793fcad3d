"""Single texts as a sentence-transformers model's own tokenizer makes them, without padding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

from rerank_core.inference.pair_tokens import Pair, UnknownModelError

Task = Literal["query", "document"]
_PROMPTS: Mapping[Task, Sequence[str]] = {"query": ("query",), "document": ("document", "passage", "corpus")}
_KNOWN = {"input_ids", "attention_mask", "token_type_ids", "modality", "prompt_length", "query_expansion_positions"}


@dataclass(frozen=True, slots=True, eq=False)
class Text(Pair):
    """One input that is a query or a passage alone. `prompt_length`: tokens of the prompt before it, if there is one.

    `keep` names what is wanted of it: see `text_modules.Made`.
    """

    task: Task
    prompt_length: int | None
    keep: tuple[str, ...]


class TextTokens:
    """Makes the inputs by the model's own `preprocess`. Safe for several threads."""

    def __init__(self, model: Any) -> None:
        """Raises UnknownModelError for a model that reads more than tokens, or pads before them."""
        self._model = model
        # fast tokenizers refuse to be borrowed by two threads
        self._lock = Lock()
        self.all_attended = True
        """Whether every token that is given takes part: else `texts` gives None for what has such tokens."""
        if getattr(model.tokenizer, "padding_side", "") != "right":
            raise UnknownModelError("its tokenizer pads before the text")
        for task in _PROMPTS:
            features = self.features(["a", "b c"], task)
            if unknown := sorted(set(features) - _KNOWN):
                raise UnknownModelError(f"its inputs have {unknown[0]}")
            if features["modality"] != "text":
                raise UnknownModelError("it reads a text within a chat template")
            self.all_attended &= not _has_unattended(features)

    def features(self, texts: Sequence[str], task: Task, prompt: str | None = None) -> dict[str, Any]:
        """The library's own inputs, padded; `prompt` None: the model's own for the task."""
        if prompt is None:
            prompt = prompt_of(self._model, task)
        with self._lock:
            features: dict[str, Any] = self._model.preprocess(list(texts), prompt=prompt, task=task)
        return features

    def texts(
        self, texts: Sequence[str], task: Task, keep: tuple[str, ...], prompt: str | None = None
    ) -> list[Text] | None:
        """One input per text, in their order; None where the model adds tokens that nothing attends to."""
        features = self.features(texts, task, prompt)
        if _has_unattended(features):
            return None
        ids, mask = (features[name].numpy() for name in ("input_ids", "attention_mask"))
        kinds = features["token_type_ids"].numpy() if "token_type_ids" in features else ids * 0
        lengths = mask.sum(axis=1).tolist()
        return [
            Text(ids[row, :length], kinds[row, :length], task, features.get("prompt_length"), keep)
            for row, length in enumerate(lengths)
        ]


def _has_unattended(features: dict[str, Any]) -> bool:
    return "query_expansion_positions" in features and not bool(features["attention_mask"].all())


def prompt_of(model: Any, task: Task) -> str | None:
    """The prompt that the library's `encode_query` and `encode_document` take by themselves; None: none."""
    name = next((name for name in _PROMPTS[task] if name in model.prompts), model.default_prompt_name)
    found: str | None = model.prompts.get(name) if name is not None else None
    return found
