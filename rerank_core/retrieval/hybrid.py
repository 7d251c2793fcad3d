"""The first stage as a whole: ask every retriever, filter, fuse, cut at the depth."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from threading import Lock
from time import perf_counter

from rerank_core.errors import SettingsError
from rerank_core.retrieval.filters import allowed_docids
from rerank_core.retrieval.fusion import fuse, one_list
from rerank_core.retrieval.query_variants.search_text import SearchText, searches_of
from rerank_core.retrieval.retriever import Retriever
from rerank_core.retrieval.settings import RUN, Filters, RetrievalSettings, filters_key
from rerank_core.types import Corpus, Ranking

FIRST_STAGE = "first-stage"
_FILTERS_KEPT = 16


class HybridRetriever:
    """One or more retrievers behind one question. Safe for several threads."""

    def __init__(
        self, retrievers: Mapping[str, Retriever], settings: RetrievalSettings, corpus: Corpus | None = None
    ) -> None:
        """`settings` are those that the retrievers were built with; `corpus` is walked once for each new filter."""
        self._retrievers, self.settings, self._corpus = dict(retrievers), settings, corpus
        self._allowed: dict[str, frozenset[str]] = {}
        self._lock = Lock()

    def retrieve(
        self,
        qid: str,
        query: str,
        settings: RetrievalSettings | None = None,
        allowed: Collection[str] | None = None,
        searches: Sequence[SearchText] = (),
    ) -> Ranking:
        """The candidates: `depth` at most, best first, named "first-stage".

        Every retriever is asked for `depth`. `settings` may change anything but what the retrievers were built with
        (None: as built); its filters and `allowed` must both be passed. Empty where nothing is found. `searches`: what
        the settings' variant made of the query, whose lists each retriever fuses by reciprocal ranks. Raises
        SettingsError for settings that need another index, and for a variant without what it made.
        """
        settings = settings or self.settings
        self._check(settings)
        started = perf_counter()
        allowed = self._both(settings.filters, allowed)
        texts = searches_of(settings, query, searches)
        rankings = {name: self._found(name, qid, texts, settings, allowed) for name in settings.retrievers}
        docs = fuse(rankings, settings)[: settings.depth]
        return Ranking(qid, FIRST_STAGE, docs, perf_counter() - started)

    def _found(
        self,
        name: str,
        qid: str,
        texts: Sequence[SearchText],
        settings: RetrievalSettings,
        allowed: Collection[str] | None,
    ) -> Ranking:
        """What one retriever finds for all of the texts; an imported run has one list, whatever they are."""
        ask = self._retrievers[name].retrieve
        asked = texts[:1] if name.startswith(RUN) else texts
        lists = [ask(one.query, settings.depth, allowed, qid, one.passage) for one in asked]
        return one_list(name, lists, settings)

    def _check(self, settings: RetrievalSettings) -> None:
        missing = [name for name in settings.retrievers if name not in self._retrievers]
        if missing:
            raise SettingsError(f"No {missing[0]} index is loaded; build it first.")
        if "bm25" in settings.retrievers and settings.bm25_key() != self.settings.bm25_key():
            raise SettingsError("The loaded BM25 index was built with other settings; build it again.")
        if "dense" in settings.retrievers and settings.dense().matters() != self.settings.dense().matters():
            raise SettingsError(f"The loaded dense index is one of {self.settings.dense_model!r}; build it again.")

    def _both(self, filters: Filters, allowed: Collection[str] | None) -> Collection[str] | None:
        if not filters:
            return allowed
        passed = self._filtered(filters)
        return passed if allowed is None else passed & frozenset(allowed)

    def _filtered(self, filters: Filters) -> frozenset[str]:
        key = filters_key(filters)
        with self._lock:
            if key not in self._allowed:
                if self._corpus is None:
                    raise SettingsError("Metadata filters need the passages; this retriever was made without them.")
                if len(self._allowed) >= _FILTERS_KEPT:
                    del self._allowed[next(iter(self._allowed))]
                self._allowed[key] = allowed_docids(self._corpus.docs(), filters) or frozenset()
            return self._allowed[key]
