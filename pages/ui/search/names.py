"""How retrievers and fusions are called on the screen."""

from __future__ import annotations

from collections.abc import Sequence

from rerank_core.retrieval.settings import ENGINE_PREFIX, RETRIEVERS, RUN, WEIGHTED

RETRIEVER_NAMES = {"bm25": "BM25 (words)", "dense": "Dense (meaning)"}
FUSION_NAMES = {
    "rrf": "RRF (k = 60)",
    "minmax": "Weighted, min–max",
    "zscore": "Weighted, z-score",
    "dbsf": "Weighted, distribution-based",
    "union": "Union",
}
_BEFORE = {"dense": "Dense (MiniLM)"}
"""What they were called in links that people may have kept."""


def retriever_name(retriever: str) -> str:
    """Such as "BM25 (words)"; an imported run and an engine's template by their own names."""
    if retriever.startswith(RUN):
        return f"{retriever.removeprefix(RUN)} (imported run)"
    return RETRIEVER_NAMES.get(retriever, retriever.removeprefix(ENGINE_PREFIX))


def texts(retriever: str) -> tuple[str, ...]:
    """What a link may say it by."""
    return (retriever, retriever_name(retriever), *([_BEFORE[retriever]] if retriever in _BEFORE else []))


def weighed_retriever(retrievers: Sequence[str]) -> str:
    """Whose part of a weighted fusion the slider says, for its label: that of dense, else of the second of two."""
    if len(retrievers) != 2 or set(retrievers) == set(RETRIEVERS):
        return "dense"
    return retriever_name(retrievers[1])


def weights_of(retrievers: Sequence[str], fusion: str, weight: float) -> tuple[float, ...]:
    """The weights of a fusion by the slider's value; () where the fusion reads none, or there are not two lists."""
    if fusion not in WEIGHTED or len(retrievers) != 2:
        return ()
    if set(retrievers) == set(RETRIEVERS):
        shares = {"bm25": 1 - weight, "dense": weight}
        return tuple(shares[name] for name in retrievers)
    return (1 - weight, weight)
