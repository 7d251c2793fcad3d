"""A model that scores pairs, by its shape: what reads its tokens, what makes a score of them, what the library says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from rerank_core.inference.encoders.body_weights import BODIES
from rerank_core.inference.encoders.encoder_weights import CLASSIFIERS, EncoderWeights, read_weights
from rerank_core.inference.encoders.tokens import EncoderBody, Tokens, read_encoder, tokens_by, tokens_in_torch
from rerank_core.inference.encoders.torch_encoder import TorchEncoder
from rerank_core.inference.pair_tokens import Pair, UnknownModelError
from rerank_core.inference.precision import Plan
from rerank_core.inference.texts.text_modules import KNOWN, TextModules
from rerank_core.inference.texts.text_tokens import Text

if TYPE_CHECKING:
    from torch import Tensor

_MODERN, _MODERN_BODY = "ModernBertForSequenceClassification", "ModernBertModel"
Forward = Callable[[Sequence[Pair]], Sequence[float]]
Head = Callable[[Sequence[Pair], Sequence["Tensor"]], Sequence[float]]
"""(pairs, the vectors of each one's tokens) -> raw scores."""


class PairModel(Protocol):
    """A cross-encoder as the engine runs it.

    `weights`: of its encoder. `token_types`: how many it knows; None: it does not look at them.
    """

    token_types: int | None
    weights: EncoderBody

    def flops(self, tokens: int) -> int:
        """Floating-point operations for a pair of so many tokens."""

    def exact(self, device: str) -> Forward:
        """Float32, in torch."""

    def by(self, how: Plan, device: str, streams: int) -> Forward:
        """As the plan says, which `can_run` allows; safe for `streams` threads."""

    def library(self, inputs: dict[str, Any]) -> float:
        """The library's own raw score of one pair, given its input_ids, token_type_ids and attention_mask."""


def shape_problem(kind: str, modules: Sequence[str] = ()) -> str:
    """Why the engine cannot run a transformers class of this name; "" where it can. Imports no torch.

    `modules`: the names of those after it, where a CrossEncoder has several; "" for one that is not named.
    """
    for module in modules:
        if module not in KNOWN:
            return f"its module {module} is not known" if module else "it is made of several modules"
    known = {*BODIES, _MODERN_BODY} if modules else {*CLASSIFIERS, _MODERN}
    return "" if kind in known else f"{kind} is not of BERT's, XLM-R's or ModernBERT's shape"


def read_pair_model(model: Any) -> PairModel:
    """Of a transformers sequence classifier, or of a CrossEncoder that is made of several modules.

    Raises UnknownModelError, with the reason, for another one.
    """
    if type(model).__name__ == "CrossEncoder":
        return _WithHead(model[0].model, _modules(model), lambda inputs: model(inputs)["scores"])
    if type(model).__name__ == _MODERN:
        if model.config.num_labels != 1:
            raise UnknownModelError(f"it gives {model.config.num_labels} scores per pair")
        return _WithHead(model.model, _modern_head(model), lambda inputs: model(**_without_types(inputs)).logits)
    return _WithFirstTokens(model)


class _WithFirstTokens:
    """BERT's, DistilBERT's and XLM-R's classifiers: of the last block only the first token is computed."""

    def __init__(self, model: Any) -> None:
        self._model, self._weights = model, read_weights(model)
        self.weights: EncoderBody = self._weights
        self.token_types: int | None = len(self._weights.types)
        self.flops = self._weights.flops
        self._typed = not type(model).__name__.startswith("DistilBert")

    def exact(self, device: str) -> Forward:
        return TorchEncoder(self._weights, "float32", device)

    def by(self, how: Plan, device: str, streams: int) -> Forward:
        return _first_tokens(self._weights, how, device, streams)

    def library(self, inputs: dict[str, Any]) -> float:
        return float(self._model(**(inputs if self._typed else _without_types(inputs))).logits)


def _first_tokens(weights: EncoderWeights, how: Plan, device: str, streams: int) -> Forward:
    if how.runner == "openvino":
        from rerank_core.inference.encoders.openvino_encoder import OpenVinoEncoder

        return OpenVinoEncoder(weights, how.arithmetic, streams)
    return TorchEncoder(weights, how.arithmetic, device, how.runner)


class _WithHead:
    """Any encoder, and a head that makes a score of all its tokens' vectors."""

    def __init__(self, body: Any, head: Head, library: Callable[[dict[str, Any]], Any]) -> None:
        self.weights, self._head, self._library = read_encoder(body), head, library
        types = getattr(self.weights, "types", None)
        self.token_types = None if types is None else len(types)
        self.flops = self.weights.token_flops

    def exact(self, device: str) -> Forward:
        return self._scores(tokens_in_torch(self.weights, "float32", device))

    def by(self, how: Plan, device: str, streams: int) -> Forward:
        return self._scores(tokens_by(self.weights, how, device, streams))

    def library(self, inputs: dict[str, Any]) -> float:
        return float(self._library(inputs))

    def _scores(self, tokens: Tokens) -> Forward:
        import torch

        def scores(pairs: Sequence[Pair]) -> Sequence[float]:
            rows = tokens(pairs)
            with torch.inference_mode():
                return self._head(pairs, rows) if rows else []

        return scores


def _modules(model: Any) -> Head:
    """The modules of a CrossEncoder after its transformer, such as Ettin's: pooling, dense, layer norm, dense."""
    if type(model[0]).__name__ != "Transformer" or model[0].transformer_task != "feature-extraction":
        raise UnknownModelError("it is made of several modules, the first of which is not a plain encoder")
    modules = TextModules(model)

    def head(pairs: Sequence[Pair], rows: Sequence[Tensor]) -> list[float]:
        texts = [Text(pair.ids, pair.types, "document", None, ("scores",)) for pair in pairs]
        return [float(made["scores"]) for made in modules(texts, rows)]

    return head


def _modern_head(model: Any) -> Head:
    """ModernBERT's own: the first token's vector or the mean, through a small dense head."""
    import torch

    first = model.config.classifier_pooling == "cls"

    def head(pairs: Sequence[Pair], rows: Sequence[Tensor]) -> list[float]:
        pooled = torch.stack([one[0] if first else one.mean(dim=0) for one in rows])
        scores: list[float] = model.classifier(model.head(pooled)).flatten().tolist()
        return scores

    return head


def _without_types(inputs: dict[str, Any]) -> dict[str, Any]:
    return {name: values for name, values in inputs.items() if name != "token_type_ids"}
