"""Indexes and candidates: what finds the passages of a query, made once and kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeGuard

from rerank_core.errors import NotReadyError
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.elsewhere import Elsewhere
from rerank_core.ranking.index_builds import IndexBuilds
from rerank_core.ranking.kept_passages import FOLDER
from rerank_core.ranking.libraries import wait_for_import
from rerank_core.ranking.loaded import Loaded
from rerank_core.ranking.one_pass import with_token_vectors
from rerank_core.ranking.query_writing import made_searches
from rerank_core.ranking.timing.other_work import OtherWork
from rerank_core.retrieval.embedding import EMBEDDING
from rerank_core.retrieval.embedding_services.cost import index_cost
from rerank_core.retrieval.encoder import Encoder, SentenceEncoder
from rerank_core.retrieval.encoders import open_encoder
from rerank_core.retrieval.engines.first_stage import EngineFirstStage
from rerank_core.retrieval.hybrid import HybridRetriever
from rerank_core.retrieval.index import build_or_load, needs_build, prune
from rerank_core.retrieval.settings import RUN, RetrievalSettings
from rerank_core.store import datasets, rankings
from rerank_core.store.datasets import DatasetRow, StoredCorpus
from rerank_core.store.vectors import StoredVectors, count_without_vector
from rerank_core.store.workspace import Workspace
from rerank_core.systems.run_lists import RunLists
from rerank_core.types import Progress, Query, Ranking, no_progress

LOADING = "loading the dense model"
SOON_EMBEDDED = 64
"""Fewer passages than these are embedded in a second or two."""


class FirstStages:
    """The indexes and dense models that are loaded for one workspace. Not for several threads at once."""

    def __init__(self, workspace: Workspace, others: OtherWork) -> None:
        """`others`: what else the machine does while a search is timed."""
        self.workspace, self._others = workspace, others
        self._retrievers: Loaded[tuple[str, ...], HybridRetriever] = Loaded()
        self._builds: IndexBuilds[HybridRetriever] = IndexBuilds()
        self._encoders: Loaded[str, Encoder] = Loaded()
        self._elsewhere = Elsewhere(workspace)

    def retriever(
        self,
        dataset: DatasetRow,
        settings: RetrievalSettings,
        progress: Progress = no_progress,
        pay: bool = False,
        view: Experiment | None = None,
    ) -> HybridRetriever | EngineFirstStage:
        """The dataset's index for these settings; built when it is missing or the passages changed.

        Of a connected dataset the search engine, which keeps what it answers. `view`: what is compared over it.

        `pay`: have a service embed passages for money. Raises NotReadyError, with the cost, where it would have to and
        nobody has said so.
        """
        if settings.is_elsewhere:
            return self._elsewhere.first_stage(dataset)
        if len(settings.runs()) < len(settings.retrievers):
            self._elsewhere.refuse_local(dataset)
        # what an index is built with; depth, fusion and filters are the question's
        key = (dataset.fingerprint, *settings.retrievers, settings.bm25_key(), str(settings.dense().matters()))
        if settings.runs():
            key = (*key, dataset.name)  # the runs of one dataset, where another has the same passages
        encoder = self._encoder(settings)
        if encoder is not None:
            if _is_unread(encoder):
                progress(0, 0, LOADING)
            wait_for_import()

        def build(tell: Progress) -> HybridRetriever:
            corpus, vectors = StoredCorpus(self.workspace, dataset), StoredVectors(self.workspace)
            if not pay and settings.dense().service and encoder is not None:
                self._refuse_to_pay(dataset, settings, encoder, corpus, vectors)
            retriever = build_or_load(
                self.workspace.index_folder,
                corpus,
                dataset.fingerprint,
                settings,
                vectors,
                _preparing(tell, dataset.name),
                encoder if view is None else with_token_vectors(encoder, view),
                queries=lambda: self._query_texts(dataset),
                without_index={RUN + name: RunLists(self.workspace, dataset, name) for name in settings.runs()},
            )
            self._drop_old_indexes()
            self._retrievers[key] = retriever
            return retriever

        return self._builds.make(key, lambda: self._retrievers.get(key), build, progress)

    def _refuse_to_pay(
        self,
        dataset: DatasetRow,
        settings: RetrievalSettings,
        encoder: Encoder,
        corpus: StoredCorpus,
        vectors: StoredVectors,
    ) -> None:
        if "dense" not in needs_build(self.workspace.index_folder, dataset.fingerprint, settings, encoder):
            return
        cost = index_cost(corpus, settings.dense(), encoder.key, vectors)
        if cost.texts:
            raise NotReadyError(
                f"{settings.dense().label} has no index of {dataset.name} yet. {cost.sentence()} Ask for it under How "
                "candidates are found, or by the verb index with --pay."
            )

    def prepare(self, experiment: Experiment, query: Query, progress: Progress) -> None:
        """Make the index where the query's candidates are still to be found: its steps are passages, not rankings."""
        with self.workspace.open() as db:
            kept = rankings.get_docids(db, [experiment.key(query)])
        if not kept:
            self.retriever(experiment.dataset, experiment.settings, progress, view=experiment)

    def waits_for(self, experiment: Experiment, query: Query) -> Literal["", "model", "vectors"]:
        """What the candidates of a query still have to wait for: seconds for a model that is to be read, or vectors.

        "": nothing that takes long. Vectors of few passages are nothing to speak of.
        """
        dataset, settings = experiment.dataset, experiment.settings
        with self.workspace.open() as db:
            if settings.is_elsewhere or rankings.get_candidates(db, experiment.key(query)) is not None:
                return ""
        encoder = self._encoder(settings)
        if encoder is None:
            return ""
        if "dense" in needs_build(self.workspace.index_folder, dataset.fingerprint, settings, encoder):
            with self.workspace.open() as db:
                if count_without_vector(db, dataset.id, encoder.key, SOON_EMBEDDED) == SOON_EMBEDDED:
                    return "vectors"
        return "model" if _is_unread(encoder) else ""

    def _encoder(self, settings: RetrievalSettings) -> Encoder | None:
        """The dense model, whose weights are read once for all datasets; None where the settings have none."""
        if "dense" not in settings.retrievers:
            return None
        model = settings.dense()
        name = f"{model.matters()} {model.keys}"
        now = open_encoder(model)
        kept = self._encoders.get(name)
        if kept is None or kept.key != now.key:  # the folder of the model holds another one now
            kept = self._encoders[name] = now
        return kept

    def _drop_old_indexes(self) -> None:
        """Those of passages that no dataset has any more; after a build, which may have shared their files."""
        with self.workspace.open() as db:
            now = {row.fingerprint for row in datasets.list_datasets(db)}
        prune(self.workspace.index_folder, {*now, FOLDER})
        for key in self._retrievers:
            if key[0] not in now:
                del self._retrievers[key]

    def let_go(self, seconds: float) -> int:
        """See `Pipeline.let_go`."""
        old = (self._retrievers.let_go(seconds), self._encoders.let_go(seconds), self._elsewhere.let_go(seconds))
        return sum(old)

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
        searches = made_searches(self.workspace, settings, query.text)
        retriever = self.retriever(dataset, settings, progress, view=experiment)
        encoder = None if settings.is_elsewhere else self._encoder(settings)
        if _is_unread(encoder):
            progress(0, 0, LOADING)
            encoder.load()  # else the seconds of the first search would be those of reading the model
        before = self._others.look()
        found = retriever.retrieve(query.qid, query.text, settings, searches=searches)
        if settings.runs():
            found = replace(found, seconds=None)  # it was found elsewhere, nobody knows how fast
        else:
            # an engine's seconds are those of somebody's server
            found = replace(found, busy=None if settings.is_elsewhere else self._others.share_since(before))
        with self.workspace.write() as db:
            rankings.put_candidates(db, key, dataset.id, settings.to_json(), found)
        return key, found


def _is_unread(encoder: Encoder | None) -> TypeGuard[SentenceEncoder]:
    """Whether it is a model whose weights are still to be read."""
    return isinstance(encoder, SentenceEncoder) and encoder.device is None


def _preparing(progress: Progress, dataset: str) -> Progress:
    """The steps of an index, in passages; what takes long is named by what it is for, the short parts by themselves."""

    def inner(done: int, total: int, message: str = "") -> None:
        part = "" if message.startswith(EMBEDDING) else f", {message[:1].lower()}{message[1:]}"
        progress(done, total, f"Preparing {dataset} (once){part}")

    return inner
