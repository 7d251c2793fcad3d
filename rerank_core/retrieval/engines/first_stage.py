"""A first stage that lives elsewhere: what it answered once is kept, and is not asked again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from rerank_core.errors import SettingsError
from rerank_core.retrieval.engines.engine import Asked, Engine, Hit, request_hash
from rerank_core.retrieval.engines.source import EngineSource
from rerank_core.retrieval.engines.sparse import sparse_query
from rerank_core.retrieval.engines.template import SPARSE, VECTOR, Template
from rerank_core.retrieval.fusion import fuse, one_list
from rerank_core.retrieval.hybrid import FIRST_STAGE
from rerank_core.retrieval.query_variants.search_text import SearchText, searches_of, unpacked
from rerank_core.retrieval.settings import ENGINE_PREFIX, RetrievalSettings
from rerank_core.types import Doc, Ranking, ScoredDoc

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Encode = Callable[[SearchText], "NDArray[np.float32]"]
"""A search -> its unit vector, shape (dimensions,)."""


class Answers(Protocol):
    """What an engine answered, kept for one dataset."""

    def get(self, template: str, query: str, k: int) -> Ranking | None:
        """The answer, named by the template; None where it was not asked yet."""

    def put(self, template: str, query: str, k: int, ranking: Ranking, docs: Sequence[Doc], request: str) -> None:
        """Keep an answer with the passages that it names. A passage that is there keeps the text it was seen with."""


class Pace:
    """At most so many requests per second, whatever the number of threads."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / per_second if per_second else 0.0
        self._next, self._lock = 0.0, threading.Lock()

    def wait(self) -> None:
        """Wait until the next request may go out."""
        if not self._gap:
            return
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._gap
        time.sleep(max(0.0, turn - now))


class EngineFirstStage:
    """The templates of one source behind one question, as `HybridRetriever` is for the indexes of this machine."""

    def __init__(
        self,
        source: EngineSource,
        templates: Mapping[str, Template],
        engine: Engine,
        answers: Answers,
        encode: Encode,
    ) -> None:
        """`templates`: name -> template. `engine` is asked only for what `answers` does not have."""
        self._source, self._templates, self._engine = source, dict(templates), engine
        self._answers, self._encode = answers, encode
        self._pace = Pace(source.per_second)

    def retrieve(
        self,
        qid: str,
        query: str,
        settings: RetrievalSettings | None = None,
        allowed: Collection[str] | None = None,
        searches: Sequence[SearchText] = (),
    ) -> Ranking:
        """The candidates: `depth` at most, best first; the order of one template is the engine's own.

        Its seconds are those of the engine, one template after the other, as they were when it was asked. Raises
        SettingsError for a template that is not there, for `allowed` and for a variant without what it made
        (`searches`), ProviderError where the engine fails.
        """
        if settings is None or allowed is not None:
            raise SettingsError("A search engine elsewhere is asked with settings, and filters by its template alone.")
        texts = [one.packed for one in searches_of(settings, query, searches)]
        rankings = {
            name: one_list(name, [self._answer(name, text, settings.depth) for text in texts], settings)
            for name in settings.retrievers
        }
        docs = fuse(rankings, settings)[: settings.depth]
        seconds = [ranking.seconds for ranking in rankings.values() if ranking.seconds is not None]
        return Ranking(qid, FIRST_STAGE, docs, sum(seconds) if len(seconds) == len(rankings) else None)

    def _answer(self, name: str, query: str, k: int) -> Ranking:
        template = self._templates.get(name.removeprefix(ENGINE_PREFIX))
        if template is None:
            known = ", ".join(f"{ENGINE_PREFIX}{one}" for one in self._templates)
            raise SettingsError(f"This source has no template '{name}'; it has {known}.")
        kept = self._answers.get(template.name, query, k)
        if kept is not None:
            return kept
        ranking, docs, request = ask(self._source, self._engine, template, query, k, self._encode, self._pace)
        self._answers.put(template.name, query, k, ranking, docs, request)
        return ranking


def ask(
    source: EngineSource,
    engine: Engine,
    template: Template,
    query: str,
    k: int,
    encode: Encode,
    pace: Pace | None = None,
) -> tuple[Ranking, list[Doc], str]:
    """(ranking, its passages, the request's hash) as the engine answers now. Raises ProviderError.

    `query`: a text that somebody typed, or a packed `SearchText`: then `{{query}}` is its words.
    """
    search = unpacked(query)
    asked = Asked(
        search.words,
        k,
        encode(search) if VECTOR in template.places else None,
        sparse_query(search.words) if SPARSE in template.places else None,
    )
    if pace is not None:
        pace.wait()
    started = time.perf_counter()
    hits: list[Hit] = engine.search(template, asked)
    seconds = time.perf_counter() - started
    docs = tuple(ScoredDoc(hit.doc.docid, hit.score, rank) for rank, hit in enumerate(hits, start=1))
    ranking = Ranking("", template.name, docs, seconds)
    return ranking, [hit.doc for hit in hits], request_hash(source, template, asked)
