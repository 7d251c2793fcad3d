"""Candidates and rankings, made once and kept: one query for somebody who looks, many for a whole-set run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from rerank_core.errors import CancelledError, NotReadyError, RerankLensError
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.runs import record_runs
from rerank_core.ranking.kept_passages import FOLDER, kept_passages
from rerank_core.ranking.witness import Witness
from rerank_core.rerankers.catalogue.model_key import model_key
from rerank_core.rerankers.family import Reranker
from rerank_core.rerankers.load import load
from rerank_core.rerankers.rerank import from_cache, rerank
from rerank_core.retrieval.hybrid import HybridRetriever
from rerank_core.retrieval.index import build_or_load, prune
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, rankings
from rerank_core.store.datasets import DatasetRow, StoredCorpus
from rerank_core.store.rankings import StoredRanking
from rerank_core.store.scores import StoredScores
from rerank_core.store.vectors import StoredVectors
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.apply import apply, restricted
from rerank_core.systems.imported import IMPORTED, imported_ranking
from rerank_core.systems.systems import FIRST_STAGE, System
from rerank_core.types import Doc, Progress, Query, Ranking, no_progress

SERVICE_SCORES_HOLD = 30 * 86400.0
"""Seconds: after a month a service is asked again, its model may be another one under the same name."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One query, its candidates and the key they are kept under, and their passages: what all members share."""

    dataset: DatasetRow
    query: Query
    key: str
    candidates: Ranking
    docs: Mapping[str, Doc]
    progress: Progress


class Pipeline:
    """The indexes and models that are loaded for one workspace: it lives in the worker, or in a shell verb.

    Not for several threads at once. Everything that it makes is written to the workspace, and is not made again
    while its inputs are the same.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._retrievers: dict[tuple[str, ...], HybridRetriever] = {}
        self._scorers: dict[str, Reranker | None] = {}
        self._scores = StoredScores(workspace)
        self._service_scores = StoredScores(workspace, max_age=SERVICE_SCORES_HOLD)
        self._witness = Witness(workspace)

    def retriever(
        self, dataset: DatasetRow, settings: RetrievalSettings, progress: Progress = no_progress
    ) -> HybridRetriever:
        """The dataset's index for these settings; built when it is missing or the passages changed."""
        # what an index is built with; depth, fusion and filters are the question's
        key = (dataset.fingerprint, *settings.retrievers, settings.bm25_key(), settings.dense_model)
        retriever = self._retrievers.get(key)
        if retriever is None:
            retriever = build_or_load(
                self.workspace.index_folder,
                StoredCorpus(self.workspace, dataset),
                dataset.fingerprint,
                settings,
                StoredVectors(self.workspace),
                progress,
                queries=lambda: self._query_texts(dataset),
            )
            self._drop_old_indexes()
            self._retrievers[key] = retriever
        return retriever

    def _drop_old_indexes(self) -> None:
        """Those of passages that no dataset has any more; after a build, which may have shared their files."""
        with self.workspace.open() as db:
            now = {row.fingerprint for row in datasets.list_datasets(db)}
        prune(self.workspace.index_folder, {*now, FOLDER})
        self._retrievers = {key: one for key, one in self._retrievers.items() if key[0] in now}

    def _query_texts(self, dataset: DatasetRow) -> list[str]:
        with self.workspace.open() as db:
            return [query.text for query in datasets.get_queries(db, dataset.id)]

    def candidates(self, experiment: Experiment, query: Query, progress: Progress = no_progress) -> tuple[str, Ranking]:
        """The candidates of a query and the key they are kept under."""
        key, dataset, settings = experiment.key(query), experiment.dataset, experiment.settings
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
        self, experiment: Experiment, query: Query, system: System, progress: Progress = no_progress
    ) -> StoredRanking:
        """A system's ranking of a query's candidates. Its failure is an answer too, with the reason in one line.

        Raises CancelledError where `progress` does; then nothing of this ranking is kept.
        """
        dataset = experiment.dataset
        key, candidates = self.candidates(experiment, query, progress)
        with self.workspace.open() as db:
            kept = rankings.get_rankings(db, [key], [system.key]).get(key, {}).get(system.key)
            if kept is not None:
                return kept
            docs = datasets.get_docs(db, dataset.id, candidates.docids)
            datasets.refuse_changed(db, dataset)
        ranking, error = None, ""
        try:
            ranking = self._ranked(system, _Asked(dataset, query, key, candidates, docs, progress), candidates)
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
        experiment: Experiment,
        queries: Sequence[Query],
        progress: Progress = no_progress,
        because: Callable[[str, str], None] | None = None,
    ) -> dict[str, int]:
        """Rank `queries` with all systems; what is kept already is not made again, so a run that stopped goes on.

        A system that has then ranked every query of the dataset leaves a run as evidence (`store.runs`). Returns system
        id -> number of queries on which it failed; `because` is told (system id, reason) for each of those. Raises
        CancelledError where `progress` does.
        """
        systems = experiment.systems
        failed = dict.fromkeys(experiment.ids, 0)
        total, done = len(queries) * len(systems), 0
        for query in queries:
            for system in systems:
                progress(done, total, f"{system.label}: {query.text[:60]}")
                stored = self.witnessed(experiment, query, system, _within(progress, done, total))
                if stored.ranking is None:
                    failed[system.id] += 1
                    if because is not None:
                        because(system.id, stored.error)
                done += 1
        if len(queries) >= experiment.dataset.n_queries:
            record_runs(experiment)
        progress(done, total, "all queries are ranked")
        return failed

    def witnessed(
        self, experiment: Experiment, query: Query, system: System, progress: Progress = no_progress
    ) -> StoredRanking:
        """`rank`, with how the ranking was made written down beside it."""
        before = self._witness.look(experiment, query, system)
        stored = self.rank(experiment, query, system, progress)
        self._witness.note(before, experiment, query, system, stored, self._scorers.get(system.key))
        return stored

    def warm(self, system: System) -> None:
        """Load a system's model, or those of its members, now, so that the first query does not wait for it."""
        for leaf in system.leaves:
            self.scorer(leaf)

    def _ranked(self, system: System, asked: _Asked, given: Ranking) -> Ranking:
        """What the system makes of `given`: all of `asked.candidates`, or what a cascade left of them."""
        if system.model.family == IMPORTED:
            return imported_ranking(
                self.workspace, asked.dataset, asked.query, system.model, system.settings, system.key
            )
        if system.spec is None or system.problem:
            return self._scored(system, asked, given)
        members = {member.id: member for member in system.members}

        def rank_member(member: str, part: Ranking) -> Ranking:
            if member == FIRST_STAGE:
                return restricted(asked.candidates, part)
            # a member that ranked all candidates as a column of its own is not paid for twice
            kept = self._kept(members[member], asked) if part.docids == asked.candidates.docids else None
            return kept or self._ranked(members[member], asked, part)

        return replace(apply(system.spec, asked.query, given, asked.docs, rank_member), system=system.key)

    def _scored(self, system: System, asked: _Asked, given: Ranking) -> Ranking:
        """What a model makes of `given`; the model is loaded only where a score is missing."""
        local = system.model.hosting == "local"
        if local and not system.problem and system.key not in self._scorers and system.state.ready:
            name = model_key(system.model, system.settings)
            if found := from_cache(system.key, asked.query, given, asked.docs, self._scores, name):
                return found
        scorer = self.scorer(system, asked.progress)
        name, told = model_key(system.model, system.settings), _by_label(asked.progress, system)
        scores = self._scores if local else self._service_scores
        return rerank(scorer, system.key, asked.query, given, asked.docs, scores, name, told)

    def _kept(self, system: System, asked: _Asked) -> Ranking | None:
        with self.workspace.open() as db:
            kept = rankings.get_rankings(db, [asked.key], [system.key]).get(asked.key, {}).get(system.key)
        return kept.ranking if kept is not None else None

    def scorer(self, system: System, progress: Progress = no_progress) -> Reranker | None:
        """A system's loaded model; None for the first stage as it is and for a composite. Raises NotReadyError."""
        if system.problem:
            raise NotReadyError(f"{system.label}: {system.problem}")
        if system.spec is not None:
            return None
        if system.key not in self._scorers:
            progress(0, 0, f"{system.label}: loading the model")
            kept = kept_passages(self.workspace, system.model, system.settings)
            self._scorers[system.key] = load(system.model, system.settings, kept=kept)
        return self._scorers[system.key]


def _within(progress: Progress, run_done: int, run_total: int) -> Progress:
    """Steps inside one ranking tell their own count in the message, and do not move the run's."""

    def inner(done: int, total: int, message: str = "") -> None:
        progress(run_done, run_total, f"{message} ({done:,} of {total:,})" if total else message)

    return inner


def _by_label(progress: Progress, system: System) -> Progress:
    """People read a system's label where its key would stand."""

    def inner(done: int, total: int, message: str = "") -> None:
        progress(done, total, message.replace(system.key, system.label))

    return inner


def _reason(failure: Exception) -> str:
    """One line for a person. Only our own errors speak for themselves; a foreign text might carry a key or a path."""
    if isinstance(failure, RerankLensError):
        return str(failure).splitlines()[0]
    text = str(failure).strip().splitlines()
    return f"{type(failure).__name__}: {text[0][:160] if text else 'no message'}"
