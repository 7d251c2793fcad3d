"""Weights over the vocabulary from a masked language model's head, as SPLADE pools them, a few tokens at a time.

Formal et al., SPLADE v2, 2021, doi 10.48550/arXiv.2109.10086: w_t = max over tokens i of log(1 + relu(logit_it)). Both
functions grow, so the largest logit of a term is found first and goes through them once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rerank_core.inference.encoders.body_weights import linear
from rerank_core.inference.encoders.products import float_product
from rerank_core.inference.encoders.torch_encoder import filled_up
from rerank_core.inference.pair_tokens import UnknownModelError
from rerank_core.inference.precision import Arithmetic
from rerank_core.inference.texts.text_modules import Made
from rerank_core.inference.texts.text_tokens import Text

if TYPE_CHECKING:
    from torch import Tensor

_PIECE = 256
"""Tokens whose logits are in memory at once: 31 MB in float32 for BERT's vocabulary."""


class TermWeights:
    """The head of a transformers model for masked tokens, and SPLADE's pooling. Safe for several threads."""

    def __init__(
        self, language_model: Any, modules: Sequence[Any], arithmetic: Arithmetic, onednn: bool = False
    ) -> None:
        """`modules`: those after the transformer. Raises UnknownModelError for others than SPLADE's maximum.

        `onednn`: as in `float_product`, for the product with the vocabulary.
        """
        import torch

        kinds = [type(module).__name__ for module in modules]
        if kinds != ["SpladePooling"]:
            raise UnknownModelError(f"after its vocabulary's logits come {', '.join(kinds) or 'no modules'}")
        (pooling,) = modules
        if pooling.pooling_strategy != "max":
            raise UnknownModelError(f"its terms' weights are pooled by {pooling.pooling_strategy}")
        self._logarithms = {"relu": 1, "log1p_relu": 2}[pooling.activation_function]
        self._transform, decoder = _head(language_model)
        self._dtype = getattr(torch, arithmetic)
        self._decode = float_product(linear(decoder), decoder.weight.device, self._dtype, onednn=onednn)

    def __call__(self, texts: Sequence[Text], rows: Sequence[Tensor]) -> list[Made]:
        """`rows`: the tokens' vectors of each text, (tokens, width); "sentence_embedding" is all that can be kept."""
        import torch

        together = torch.cat(list(rows))
        best: list[Tensor | None] = [None] * len(texts)
        ends = [0]
        for one in rows:
            ends.append(ends[-1] + len(one))
        for start in range(0, len(together), _PIECE):
            stop = min(start + _PIECE, len(together))
            logits = self._decode(filled_up(self._transform(together[start:stop])).to(self._dtype), None)
            for place in range(len(texts)):
                first, last = max(start, ends[place]), min(stop, ends[place + 1])
                if first < last:
                    largest, so_far = logits[first - start : last - start].amax(dim=0), best[place]
                    best[place] = largest if so_far is None else torch.maximum(so_far, largest)
        return [{"sentence_embedding": self._pooled(one)} for one in best if one is not None]

    def _pooled(self, logits: Tensor) -> Tensor:
        weights = logits.float().relu()
        for _ in range(self._logarithms):
            weights = weights.log1p()
        return weights


def _head(model: Any) -> tuple[Any, Any]:
    """What goes before the product with the vocabulary, and that product's layer."""
    import torch

    kind = type(model).__name__
    if kind == "BertForMaskedLM":
        return model.cls.predictions.transform, model.cls.predictions.decoder
    if kind == "DistilBertForMaskedLM":
        return torch.nn.Sequential(
            model.vocab_transform, model.activation, model.vocab_layer_norm
        ), model.vocab_projector
    if kind in ("RobertaForMaskedLM", "XLMRobertaForMaskedLM", "CamembertForMaskedLM"):
        return _roberta(model.lm_head), model.lm_head.decoder
    if kind == "ModernBertForMaskedLM":
        return model.head, model.decoder
    raise UnknownModelError(f"{kind} has a head that is not known")


def _roberta(head: Any) -> Any:
    from torch.nn.functional import gelu

    return lambda rows: head.layer_norm(gelu(head.dense(rows)))
