"""Candidates and rankings, made once and kept: one query for somebody who looks, many for a whole-set run."""

from __future__ import annotations

from collections.abc import Sequence

from rerank_core.errors import CancelledError, NotReadyError, RerankLensError
from rerank_core.rerankers.family import Scorer
from rerank_core.rerankers.load import load
from rerank_core.rerankers.model_key import model_key
from rerank_core.rerankers.rerank import rerank
from rerank_core.retrieval.hybrid import HybridRetriever
from rerank_core.retrieval.index import build_or_load
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, rankings
from rerank_core.store.datasets import DatasetRow, StoredCorpus
from rerank_core.store.rankings import StoredRanking, candidates_key
from rerank_core.store.scores import StoredScores
from rerank_core.store.vectors import StoredVectors
from rerank_core.store.workspace import Workspace
from rerank_core.systems import System
from rerank_core.types import Progress, Query, Ranking, no_progress


class Pipeline:
    """The indexes and models that are loaded for one workspace: it lives in the worker, or in a shell verb.

    Not for several threads at once. Everything that it makes is written to the workspace, and is not made again
    while its inputs are the same.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._retrievers: dict[tuple[str, ...], HybridRetriever] = {}
        self._scorers: dict[str, Scorer | None] = {}
        self._scores = StoredScores(workspace)

    def retriever(
        self, dataset: DatasetRow, settings: RetrievalSettings, progress: Progress = no_progress
    ) -> HybridRetriever:
        """The dataset's index for these settings; built when it is missing or the passages changed."""
        # what an index is built with; depth, fusion and filters are the question's
        key = (dataset.fingerprint, *settings.retrievers, settings.bm25_key(), settings.dense_model)
        if key not in self._retrievers:
            self._retrievers[key] = build_or_load(
                self.workspace.index_folder,
                StoredCorpus(self.workspace, dataset),
                dataset.fingerprint,
                settings,
                StoredVectors(self.workspace),
                progress,
            )
        return self._retrievers[key]

    def candidates(
        self, dataset: DatasetRow, query: Query, settings: RetrievalSettings, progress: Progress = no_progress
    ) -> tuple[str, Ranking]:
        """The candidates of a query and the key they are kept under."""
        key = candidates_key(dataset.fingerprint, settings.key(), query.text)
        with self.workspace.open() as db:
            kept = rankings.get_candidates(db, key)
        if kept is not None:
            return key, kept
        retriever = self.retriever(dataset, settings, progress)
        found = retriever.retrieve(query.qid, query.text, settings)
        with self.workspace.write() as db:
            rankings.put_candidates(db, key, dataset.id, settings.to_json(), found)
        return key, found

    def rank(
        self,
        dataset: DatasetRow,
        query: Query,
        settings: RetrievalSettings,
        system: System,
        progress: Progress = no_progress,
    ) -> StoredRanking:
        """A system's ranking of a query's candidates. Its failure is an answer too, with the reason in one line.

        Raises CancelledError where `progress` does; then nothing of this ranking is kept.
        """
        key, candidates = self.candidates(dataset, query, settings, progress)
        with self.workspace.open() as db:
            kept = rankings.get_rankings(db, [key], [system.key]).get(key, {}).get(system.key)
            if kept is not None:
                return kept
            docs = datasets.get_docs(db, dataset.id, candidates.docids)
        ranking, error = None, ""
        try:
            scorer = self._scorer(system, progress)
            name = model_key(system.model, system.settings)
            ranking = rerank(scorer, system.key, query, candidates, docs, self._scores, name, progress)
        except CancelledError:
            raise
        except NotReadyError as missing:
            # not kept: once the model, key or library is there, the next request goes well
            return StoredRanking(system.key, None, _reason(missing))
        except Exception as failure:
            # one system's fault must not take the others' columns with it, whatever its library raises
            error = _reason(failure)
        with self.workspace.write() as db:
            rankings.put_ranking(db, key, system.key, ranking, error)
        return StoredRanking(system.key, ranking, error)

    def run(
        self,
        dataset: DatasetRow,
        queries: Sequence[Query],
        settings: RetrievalSettings,
        systems: Sequence[System],
        progress: Progress = no_progress,
    ) -> dict[str, int]:
        """Rank all queries with all systems; what is kept already is not made again, so a run that stopped goes on.

        Returns system id -> number of queries on which it failed. Raises CancelledError where `progress` does.
        """
        failed = {system.id: 0 for system in systems}
        total, done = len(queries) * len(systems), 0
        for query in queries:
            for system in systems:
                progress(done, total, f"{system.label}: {query.text[:60]}")
                stored = self.rank(dataset, query, settings, system, _within(progress, done, total))
                failed[system.id] += stored.ranking is None
                done += 1
        progress(done, total, "all queries are ranked")
        return failed

    def warm(self, system: System) -> None:
        """Load a system's model now, so that the first query does not wait for it."""
        self._scorer(system, no_progress)

    def _scorer(self, system: System, progress: Progress) -> Scorer | None:
        if system.key not in self._scorers:
            progress(0, 0, f"{system.label}: loading the model")
            self._scorers[system.key] = load(system.model, system.settings)
        return self._scorers[system.key]


def _within(progress: Progress, run_done: int, run_total: int) -> Progress:
    """Steps inside one ranking tell their message and can be stopped, without moving the run's own count."""

    def inner(done: int, total: int, message: str = "") -> None:
        progress(run_done, run_total, message)

    return inner


def _reason(failure: Exception) -> str:
    """One line for a person. Only our own errors speak for themselves; a foreign text might carry a key or a path."""
    if isinstance(failure, RerankLensError):
        return str(failure).splitlines()[0]
    text = str(failure).strip().splitlines()
    return f"{type(failure).__name__}: {text[0][:160] if text else 'no message'}"
