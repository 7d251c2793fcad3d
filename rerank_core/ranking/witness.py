"""Writes down how each ranking was made, while it is made: cold or warm, on which device, with which libraries."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from time import perf_counter

import rerank_core
from rerank_core.experiment.experiment import Experiment
from rerank_core.inference.device import describe_device
from rerank_core.rerankers.family import Reranker
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.evidence import SEARCH, Evidence, installed_versions, put_evidence, rankings_made, search_seconds
from rerank_core.store.rankings import StoredRanking
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import System
from rerank_core.types import Query, Ranking

LIBRARIES = ("torch", "openvino", "transformers", "sentence-transformers", "FlagEmbedding", "bm25s", "numpy")
TOKENIZED = 20
"""For so many warm queries of a system the tokenizer is timed apart; for all of them it would slow a run down."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was there before a ranking was asked for.

    `key`: that it is kept under. `to_search`: the searches that are still to be made, by the keys of their candidates:
    that of the experiment, and the system's own where it has one.
    """

    key: str
    to_search: Mapping[str, RetrievalSettings]
    ranked: bool


class Witness:
    """One for each process that ranks: it remembers which models and indexes have worked in it already."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._next: dict[str, bool | None] = {}  # whether the next measured work of a model or index is its first
        self._tokenized: dict[str, int] = {}

    def look(self, experiment: Experiment, query: Query, system: System) -> Before:
        """To be called before the ranking."""
        key = experiment.key(query)
        searches = {one.key(query): one.settings for one in (experiment, experiment.found_by(system))}
        with self._workspace.open() as db:
            searched, ranked = search_seconds(db, searches), key in rankings_made(db, [key], system.key)
        return Before(key, {name: one for name, one in searches.items() if name not in searched}, ranked)

    def note(
        self,
        before: Before,
        experiment: Experiment,
        query: Query,
        system: System,
        stored: StoredRanking,
        scorer: Reranker | None = None,
    ) -> None:
        """To be called after it, with the model that `system` is run with, if it has one in this process.

        Nothing is written for what was there before, and for what failed.
        """
        dataset = experiment.dataset
        found: dict[tuple[str, str], Evidence] = {}
        for key, settings in before.to_search.items():
            dense = settings.dense().matters()
            index = f"{dataset.fingerprint} {settings.retrievers} {settings.bm25_key()} {dense}"
            found[key, SEARCH] = Evidence(self._cold(index, True), None, _search_device(settings), _versions())
        if stored.ranking is not None and not before.ranked and system.scores:
            timed = stored.ranking.seconds is not None
            cold = self._cold(system.key, timed)
            seconds = self._tokenizer_seconds(dataset, query, system, stored.ranking, scorer) if cold is False else None
            found[before.key, system.key] = Evidence(cold, seconds, _device(system, scorer), _versions())
        if found:
            with self._workspace.write() as db:
                made = search_seconds(db, [key for key, _ in found])
                for (key, name), evidence in found.items():
                    if key in made:  # a search that failed has left nothing
                        put_evidence(db, key, name, evidence)

    def _cold(self, name: str, timed: bool) -> bool | None:
        cold = self._next.get(name, True)
        if not timed:
            # all or a part came from the cache: nobody can tell whether the model has worked
            self._next[name] = None if cold else cold
            return None
        self._next[name] = False
        return cold

    def _tokenizer_seconds(
        self, dataset: DatasetRow, query: Query, system: System, ranking: Ranking, scorer: Reranker | None
    ) -> float | None:
        done = self._tokenized.get(system.key, 0)
        if scorer is None or scorer.limit is None or system.model.hosting != "local" or done >= TOKENIZED:
            return None
        self._tokenized[system.key] = done + 1
        with self._workspace.open() as db:
            docs = datasets.get_docs(db, dataset.id, ranking.docids)
        texts = [scorer.document(doc) for doc in docs.values()]
        started = perf_counter()
        scorer.count_anew([query.text])
        scorer.count_anew(texts)
        return perf_counter() - started


@cache
def _versions() -> Mapping[str, str]:
    """Library -> version, for those that a ranking may depend on and that are installed."""
    return {"rerank_core": rerank_core.__version__, **installed_versions(LIBRARIES)}


def _search_device(settings: RetrievalSettings) -> str:
    """Where the first stage runs; an imported run was made elsewhere."""
    if settings.is_elsewhere:
        return "a search engine"
    if "dense" not in settings.retrievers:
        return "elsewhere" if settings.runs() else "cpu"
    return "a service" if settings.dense().service else describe_device()


def _device(system: System, scorer: Reranker | None) -> str:
    """The device, and how the family says it runs there: both decide what the seconds mean."""
    if system.model.hosting == "api":
        return "a service"
    device = describe_device() if "torch" in sys.modules else "cpu"
    if scorer is None:
        return device
    if scorer.runs_as:
        return f"{device}, {scorer.runs_as}"
    return f"{device}, batches of {scorer.batch_size}" if scorer.batch_size else device
