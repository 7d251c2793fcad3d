"""An encoder trained on the grades: its settings, and what a first stage with its vectors reaches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.tuning.search_space import SearchSpace

ENCODER = "encoder"
LABEL = "trained encoder with BM25"
ALONE, BEFORE, RERANKS = "trained encoder alone", "untrained encoder alone", "trained encoder as reranker"


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """How an encoder is trained; the values found to work are not searched, so nothing was chosen on the held-out part.

    Multiple negatives ranking loss (Henderson et al. 2017, arXiv 1705.00652): every other passage of a batch is a
    negative too. `scale`: of the cosines in it. `rate`: the highest learning rate.
    """

    epochs: int = 2
    batch: int = 16
    rate: float = 3e-5
    scale: float = 20.0
    seed: int = 0


def with_encoder(settings: RetrievalSettings, folder: Path) -> RetrievalSettings:
    """The same first stage, its vectors made by the trained model."""
    return replace(settings, dense_model=str(folder), dense_address="", dense_key="")


def both_lists(settings: RetrievalSettings) -> RetrievalSettings:
    """The same over BM25 and vectors: an encoder is a first stage that is fused."""
    both = ("bm25", "dense")
    if settings.retrievers == both:
        return settings
    return replace(settings, retrievers=both, fusion="rrf", weights=())


def space_of(settings: RetrievalSettings) -> SearchSpace:
    """What is tried of the first stage: BM25, vectors, both fused, at its own depth."""
    return SearchSpace(depths=(settings.depth,))
