"""Fills an empty table or index of a search engine with a dataset's passages and their vectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rerank_core.errors import NotReadyError, SettingsError
from rerank_core.ranking.elsewhere import Elsewhere
from rerank_core.retrieval.embedding import embedded
from rerank_core.retrieval.embedding_services.cost import index_cost
from rerank_core.retrieval.engines.engine import Engine
from rerank_core.retrieval.engines.source import EngineSource
from rerank_core.store.datasets import DatasetRow, StoredCorpus, batches
from rerank_core.store.vectors import StoredVectors
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc, Progress, no_progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Window = tuple[list[Doc], Mapping[str, NDArray[np.float32]]]

BATCH = 500
"""Passages per request: some megabytes with their vectors, and little is lost where it fails."""


@dataclass(frozen=True, slots=True)
class Filled:
    """How many passages were put there, and how many were there already."""

    put: int
    there: int


def fill(
    workspace: Workspace,
    dataset: DatasetRow,
    source: EngineSource,
    progress: Progress = no_progress,
    pay: bool = False,
) -> Filled:
    """Put all passages of a dataset into the source's index, which is made where it is not there.

    What is there already under its docid is left as it is, so that a fill that was stopped goes on. Vectors are made by
    the source's dense model where it names a field for them, and are kept. `pay`: have a service embed passages for
    money. Raises SettingsError for fields that are missing, NotReadyError, with the cost, where a service would have to
    embed and nobody has said so, ProviderError where the engine fails, CancelledError where `progress` does.
    """
    if not source.fields.docid or not source.fields.text or not source.index:
        raise SettingsError("Say which index to fill, and which fields hold the id and the text of a passage.")
    elsewhere = Elsewhere(workspace)
    if not pay and source.fields.vector and source.dense().service:
        _refuse_to_pay(workspace, dataset, source, elsewhere)
    engine = elsewhere.engine(source)
    try:
        put = there = 0
        for place, (docs, vectors) in enumerate(_windows(workspace, dataset, source, elsewhere, progress)):
            if not place:
                engine.create(len(next(iter(vectors.values()))) if vectors else 0)
            for part in batches(docs, BATCH):
                fresh = _put(engine, part, vectors)
                put, there = put + fresh, there + len(part) - fresh
                progress(put + there, dataset.n_docs, f"filling {source.label}")
        engine.finish()
    finally:
        elsewhere.close()
    return Filled(put, there)


def _refuse_to_pay(workspace: Workspace, dataset: DatasetRow, source: EngineSource, elsewhere: Elsewhere) -> None:
    model, corpus = source.dense(), StoredCorpus(workspace, dataset)
    cost = index_cost(corpus, model, elsewhere.encoder(source).key, StoredVectors(workspace))
    if cost.texts:
        raise NotReadyError(f"{model.label} has not embedded {dataset.name} yet. {cost.sentence()} Add --pay for that.")


def _put(engine: Engine, docs: Sequence[Doc], vectors: Mapping[str, NDArray[np.float32]]) -> int:
    """How many of the passages were not there, and are now."""
    missing = engine.missing([doc.docid for doc in docs])
    fresh = [doc for doc in docs if doc.docid in missing]
    if fresh:
        engine.put(fresh, [vectors.get(doc.text_hash) for doc in fresh])
    return len(fresh)


def _windows(
    workspace: Workspace, dataset: DatasetRow, source: EngineSource, elsewhere: Elsewhere, progress: Progress
) -> Iterator[Window]:
    """Passages in their order, with text hash -> unit vector; without vectors where there is no field for them."""
    corpus = StoredCorpus(workspace, dataset)
    if source.fields.vector:
        yield from embedded(corpus, elsewhere.encoder(source), StoredVectors(workspace), progress)
    else:
        yield from ((docs, {}) for docs in batches(corpus.docs(), BATCH))
