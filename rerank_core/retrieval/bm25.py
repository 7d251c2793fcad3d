"""BM25 over bm25s, built from a stream of passages, read from the disk by memory map."""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Iterator
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from rerank_core.retrieval.analysis import Analyzer
from rerank_core.retrieval.index_folder import writing
from rerank_core.retrieval.rows import DocRows
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.types import Corpus, Progress, Ranking, no_progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SETTINGS = "analysis.json"
_REPORT_EVERY = 1000


class Bm25Retriever:
    """BM25 in Lucene's form: idf ln(1 + (N - df + 0.5) / (df + 0.5)), term part tf / (tf + k1 (1 - b + b l / mean l)).

    Kamphuis et al., ECIR 2020, doi 10.1007/978-3-030-45442-5_4. Scores are 0 or more and not bounded above; a passage
    that shares no term with the query scores 0 and is not found. A term typed twice counts twice.
    """

    name = "bm25"

    def __init__(self, rows: DocRows, scorer: Any, stemming: bool, stop_words: bool) -> None:
        """Use `build` or `load`. `scorer` is a bm25s.BM25, None where no passage has a term."""
        self._rows, self._scorer = rows, scorer
        self._stemming, self._stop_words = stemming, stop_words

    @classmethod
    def build(
        cls, corpus: Corpus, folder: Path, settings: RetrievalSettings, progress: Progress = no_progress
    ) -> Bm25Retriever:
        """Index every passage's `content` into `folder` (all or nothing), then load it.

        Holds the term numbers of all passages in memory (4 bytes each), never their texts.
        """
        import bm25s

        with writing(folder) as temporary:
            rows, terms, vocabulary = _read(corpus, settings, progress)
            rows.save(temporary)
            about = {"stemming": settings.stemming, "stop_words": settings.stop_words, "empty": not vocabulary}
            (temporary / _SETTINGS).write_text(json.dumps(about), encoding="utf-8")
            if vocabulary:
                scorer = bm25s.BM25(k1=settings.k1, b=settings.b, method="lucene")
                scorer.index((terms, vocabulary), create_empty_token=False, show_progress=False)
                scorer.save(temporary, show_progress=False)
        return cls.load(folder)

    @classmethod
    def load(cls, folder: Path) -> Bm25Retriever:
        """Read what `build` wrote; the postings stay on the disk until they are touched."""
        import bm25s

        about = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
        scorer = None if about["empty"] else bm25s.BM25.load(folder, mmap=True, show_progress=False)
        return cls(DocRows.load(folder), scorer, about["stemming"], about["stop_words"])

    def retrieve(self, query: str, k: int, allowed: Collection[str] | None = None, qid: str = "") -> Ranking:
        """See `Retriever.retrieve`. A query without a known term finds nothing: an empty ranking."""
        started = perf_counter()
        scores = self._scores(query)
        if scores is None:
            return Ranking(qid, self.name, (), perf_counter() - started)
        if allowed is not None:
            scores = np.where(self._rows.mask(allowed), scores, 0)
        # only rows above 0 are partitioned: over mostly zeros, partition is some 30 times slower
        found = np.flatnonzero(scores > 0)
        docs = self._rows.best(found, scores[found], k, self.name)
        return Ranking(qid, self.name, docs, perf_counter() - started)

    def _scores(self, query: str) -> NDArray[np.float32] | None:
        """Every row's score, shape (rows,); None where no term of the query is in the index."""
        if self._scorer is None:
            return None
        numbers = self._scorer.get_tokens_ids(Analyzer(self._stemming, self._stop_words).terms(query))
        if not numbers:
            return None
        return np.asarray(self._scorer.get_scores_from_ids(numbers))


def _read(
    corpus: Corpus, settings: RetrievalSettings, progress: Progress
) -> tuple[DocRows, list[array[int]], dict[str, int]]:
    analyzer, total = Analyzer(settings.stemming, settings.stop_words), len(corpus)
    docids: list[str] = []
    vocabulary: dict[str, int] = {}
    terms = _Watched(progress, total)
    for doc in corpus.docs():
        docids.append(doc.docid)
        terms.append(array("i", [vocabulary.setdefault(term, len(vocabulary)) for term in analyzer.terms(doc.content)]))
        if len(docids) % _REPORT_EVERY == 0:
            progress(len(docids), total, "Reading words")
    progress(len(docids), total, "Reading words")
    return DocRows(docids), terms, vocabulary


class _Watched(list["array[int]"]):
    """Asks `progress` while bm25s walks the list, so that a person can stop that part too."""

    def __init__(self, progress: Progress, total: int) -> None:
        super().__init__()
        self._progress, self._total = progress, total

    def __iter__(self) -> Iterator[array[int]]:
        for place, item in enumerate(super().__iter__()):
            if place % _REPORT_EVERY == 0:
                self._progress(self._total, self._total, "Weighing words")
            yield item
