"""What a sentence-transformers model makes of its tokens' vectors: pooling, dense layers, masks, by its own modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rerank_core.inference.pair_tokens import UnknownModelError
from rerank_core.inference.texts.text_tokens import Text

if TYPE_CHECKING:
    from torch import Tensor

Made = dict[str, "Tensor"]
"""Of one text: "sentence_embedding" (dimensions,), "token_embeddings" (tokens, dimensions), "attention_mask" (tokens,),
true where a token's vector counts, "input_ids" (tokens,)."""
KNOWN = {"Pooling", "Normalize", "Dense", "LayerNorm", "Dropout", "MultiVectorMask"}
"""Modules that work on a text's tokens alone."""
_PER_TOKEN = ("token_embeddings", "attention_mask", "input_ids")


class TextModules:
    """The modules after the transformer. Safe for several threads."""

    def __init__(self, model: Any) -> None:
        """Raises UnknownModelError for a module that is not known to work on a text's tokens alone."""
        _, *rest = model.named_children()
        self._modules = []
        for name, module in rest:
            if type(module).__name__ not in KNOWN:
                raise UnknownModelError(f"its module {type(module).__name__} is not known")
            asked = {*(model.module_kwargs or {}).get(name, ()), *getattr(module, "forward_kwargs", ())}
            self._modules.append((module, "task" in asked))

    def __call__(self, texts: Sequence[Text], rows: Sequence[Tensor]) -> list[Made]:
        """`rows`: the tokens' vectors of each text, (tokens, width). All texts are of one task."""
        import torch
        from torch.nn.utils.rnn import pad_sequence

        device = rows[0].device
        ids = pad_sequence([torch.as_tensor(text.ids, device=device) for text in texts], batch_first=True)
        lengths = torch.tensor([len(text) for text in texts], device=device)
        features: dict[str, Any] = {
            "token_embeddings": pad_sequence(list(rows), batch_first=True),
            "input_ids": ids,
            "attention_mask": (torch.arange(ids.shape[1], device=device) < lengths[:, None]).long(),
        }
        if texts[0].prompt_length is not None:
            features["prompt_length"] = texts[0].prompt_length
        for module, by_task in self._modules:
            features = module(features, **({"task": texts[0].task} if by_task else {}))
        return split(features, [len(text) for text in texts], texts[0].keep)


def split(features: dict[str, Any], lengths: Sequence[int], keep: Sequence[str]) -> list[Made]:
    """What `keep` names of each of several texts, without the padding."""
    return [
        # copies of one text's: a slice would keep the whole pack in memory
        {name: features[name][row, :length].clone() if name in _PER_TOKEN else features[name][row] for name in keep}
        for row, length in enumerate(lengths)
    ]
