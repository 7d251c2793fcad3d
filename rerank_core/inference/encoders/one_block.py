"""One block of an encoder with tables of a few words: as fast in a second's operations, made in a moment."""

from __future__ import annotations

from dataclasses import replace

from rerank_core.inference.encoders.body_weights import BodyWeights
from rerank_core.inference.encoders.modern_weights import ModernWeights

WORDS = 16
"""Entries of its table of words, where the model has as many."""


def one_block(weights: BodyWeights | ModernWeights, longest: int) -> BodyWeights | ModernWeights:
    """The first block, for inputs of at most `longest` tokens; its weights are shared. It gives a vector per token.

    Positions count from 0, whatever the model's own do.
    """
    if isinstance(weights, ModernWeights):
        return replace(weights, words=weights.words[:WORDS], layers=weights.layers[:1])
    return BodyWeights(
        words=weights.words[:WORDS],
        positions=weights.positions[:longest],
        types=weights.types[:1],
        norm=weights.norm,
        projection=weights.projection,
        layers=weights.layers[:1],
        heads=weights.heads,
        activation=weights.activation,
        pad_id=None,
    )
