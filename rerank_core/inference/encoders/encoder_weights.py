"""The weights of a BERT-shaped sequence classifier, by what they do, out of a transformers model."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from rerank_core.inference.encoders.body_weights import BodyWeights, Linear, linear, read_body
from rerank_core.inference.pair_tokens import UnknownModelError

CLASSIFIERS = {
    "BertForSequenceClassification": "bert",
    "ElectraForSequenceClassification": "electra",
    "RobertaForSequenceClassification": "roberta",
    "XLMRobertaForSequenceClassification": "roberta",
    "CamembertForSequenceClassification": "roberta",
    "DistilBertForSequenceClassification": "distilbert",
}
"""Class -> its encoder's attribute."""


@dataclass(frozen=True, slots=True)
class EncoderWeights(BodyWeights):
    """A whole model that gives one score.

    `head` and `head_activation` act on the first token's vector, `score` has one output.
    """

    head: Linear
    head_activation: str
    score: Linear

    def flops(self, tokens: int) -> int:
        """Floating-point operations of the matrix products for one pair of so many tokens, attention's included.

        Of the last block only keys and values are counted for all tokens: the rest of it is done for one.
        """
        *others, last = self.layers
        every = sum(
            2 * part.weight.numel() for layer in others for part in (layer.qkv, layer.out, layer.up, layer.down)
        )
        every += 4 * self.width**2
        once = 2 * (self.width**2 + sum(part.weight.numel() for part in (last.out, last.up, last.down)))
        return tokens * every + once + 4 * tokens * self.width * (tokens * len(others) + 1)


def read_weights(model: Any) -> EncoderWeights:
    """The weights of a transformers model (float32; shared with it where that is possible, so do not change them).

    Raises UnknownModelError, with the reason, for a model of another shape.
    """
    kind, config = type(model).__name__, model.config
    if kind not in CLASSIFIERS:
        raise UnknownModelError(f"{kind} is not of BERT's, XLM-R's or ModernBERT's shape")
    if config.num_labels != 1:
        raise UnknownModelError(f"it gives {config.num_labels} scores per pair")
    encoder = getattr(model, CLASSIFIERS[kind])
    body = read_body(encoder)
    head, activation, score = _head(model, encoder, CLASSIFIERS[kind])
    own = {field.name: getattr(body, field.name) for field in fields(body)}
    return EncoderWeights(**own, head=head, head_activation=activation, score=score)


def _head(model: Any, encoder: Any, attribute: str) -> tuple[Linear, str, Linear]:
    if attribute == "bert":
        return linear(encoder.pooler.dense), "tanh", linear(model.classifier)
    if attribute == "distilbert":
        return linear(model.pre_classifier), "relu", linear(model.classifier)
    classifier = model.classifier
    return linear(classifier.dense), "gelu" if attribute == "electra" else "tanh", linear(classifier.out_proj)
