"""The lists of an imported run as a retriever: candidates that were found elsewhere, tuned and reranked here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from rerank_core.errors import NotReadyError
from rerank_core.retrieval.settings import RUN
from rerank_core.store import datasets
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.imported_runs import imported_rankings, list_imported
from rerank_core.store.workspace import Workspace
from rerank_core.types import Ranking


class RunLists:
    """A `Retriever` over what a run has for each query, by its id, in the run's own order and with its raw scores.

    Passages that the dataset does not have are left out, as nothing could rank them. A query that the run does not
    have finds nothing; no time is known of any.
    """

    def __init__(self, workspace: Workspace, dataset: DatasetRow, name: str) -> None:
        """Raises NotReadyError where the dataset has no run of this name."""
        with workspace.open() as db:
            found = [run.id for run in list_imported(db) if (run.name, run.dataset) == (name, dataset.name)]
        if not found:
            raise NotReadyError(f"There is no imported run '{name}' for {dataset.name}.")
        self.name = RUN + name
        self._workspace, self._dataset, self._run = workspace, dataset, found[0]

    def retrieve(
        self, query: str, k: int, allowed: Collection[str] | None = None, qid: str = "", passage: str = ""
    ) -> Ranking:
        """See `Retriever.retrieve`."""
        with self._workspace.open() as db:
            ranking = imported_rankings(db, self._run, qid).get(qid)
            docs = ranking.docs if ranking is not None else ()
            there = datasets.text_hashes(db, self._dataset.id, [doc.docid for doc in docs])
        kept = [doc for doc in docs if doc.docid in there and (allowed is None or doc.docid in allowed)][:k]
        return Ranking(qid, self.name, tuple(replace(doc, rank=rank) for rank, doc in enumerate(kept, 1)))


def runs_of(workspace: Workspace, dataset: str) -> list[str]:
    """The names of the runs that were imported for a dataset, as retrievers: "run:NAME", oldest first."""
    with workspace.open() as db:
        return [RUN + run.name for run in list_imported(db) if run.dataset == dataset]
