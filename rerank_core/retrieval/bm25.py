"""BM25 over bm25s, built from a stream of passages, read from the disk by memory map."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from rerank_core.retrieval.analysis import Analyzer
from rerank_core.retrieval.index_folder import writing
from rerank_core.retrieval.language import spoken
from rerank_core.retrieval.parts import Changes, deriving, living, parts, read_rows, save_rows
from rerank_core.retrieval.postings import Postings, analysis, write
from rerank_core.retrieval.query_variants.search_text import SearchText
from rerank_core.retrieval.reweighing import reweigh
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.types import Corpus, Progress, Ranking, no_progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

_REPORT_EVERY = 1000
_WEIGHTS = "base-weights.npy", "weights.npy"
"""In the added part: what the postings of base and added part weigh among all that is alive."""


class Bm25Retriever:
    """BM25 in Lucene's form: idf ln(1 + (N - df + 0.5) / (df + 0.5)), term part tf / (tf + k1 (1 - b + b l / mean l)).

    Kamphuis et al., ECIR 2020, doi 10.1007/978-3-030-45442-5_4. Scores are 0 or more and not bounded above; a passage
    that shares no term with the query scores 0 and is not found. A term typed twice counts twice.
    """

    name = "bm25"

    def __init__(self, folder: Path) -> None:
        """Use `build`, `derive` or `load`."""
        self._rows, _ = read_rows(folder)
        self._analysis = analysis(folder)
        paths = parts(folder)
        weights = [None] if len(paths) == 1 else [paths[-1] / name for name in _WEIGHTS]
        self._postings = [Postings.load(part, other) for part, other in zip(paths, weights, strict=True)]

    @classmethod
    def build(
        cls, corpus: Corpus, folder: Path, settings: RetrievalSettings, progress: Progress = no_progress
    ) -> Bm25Retriever:
        """Index every passage's `content` into `folder` (all or nothing), then load it.

        Holds the term numbers of all passages in memory (4 bytes each), never their texts.
        """
        with writing(folder) as temporary:
            _write(corpus, temporary, settings, spoken(settings, corpus), progress)
        return cls.load(folder)

    @classmethod
    def derive(
        cls,
        base: Path,
        changes: Changes,
        corpus: Corpus,
        folder: Path,
        settings: RetrievalSettings,
        progress: Progress = no_progress,
    ) -> Bm25Retriever:
        """As `build`, but over the base of the index in `base`: only the passages that were added are read.

        They are read in the base's language, which must be the settings' own or that of the corpus.
        """
        with deriving(base, changes, corpus, folder) as (passages, added):
            _write(passages, added, settings, analysis(base)[2], progress)
            both = [Postings.load(base), Postings.load(added)]
            files = [added / name for name in _WEIGHTS]
            reweigh(both, living(added), settings.k1, settings.b, files, progress)
        return cls.load(folder)

    @classmethod
    def load(cls, folder: Path) -> Bm25Retriever:
        """Read what was written; the postings stay on the disk until they are touched."""
        return cls(folder)

    def retrieve(
        self, query: str, k: int, allowed: Collection[str] | None = None, qid: str = "", passage: str = ""
    ) -> Ranking:
        """See `Retriever.retrieve`. A query without a known term finds nothing: an empty ranking."""
        started = perf_counter()
        scores = self._scores(SearchText(query, passage).words)
        if scores is None:
            return Ranking(qid, self.name, (), perf_counter() - started)
        if allowed is not None:
            scores = np.where(self._rows.mask(allowed), scores, 0)
        # only rows above 0 are partitioned: over mostly zeros, partition is some 30 times slower
        rows = np.flatnonzero(scores > 0)
        docs = self._rows.best(rows, scores[rows], k, self.name)
        return Ranking(qid, self.name, docs, perf_counter() - started)

    def _scores(self, query: str) -> NDArray[np.float32] | None:
        """Every row's score, shape (rows,); None where no term of the query is in the index."""
        terms = Analyzer(*self._analysis).query_terms(query)
        found = [part.scores(terms) for part in self._postings]
        if all(scores is None for scores in found):
            return None
        if len(found) == 1:
            return found[0]
        return np.concatenate(
            [
                np.zeros(len(part.lengths), dtype=np.float32) if scores is None else scores
                for part, scores in zip(self._postings, found, strict=True)
            ]
        )


def _write(corpus: Corpus, folder: Path, settings: RetrievalSettings, spoken_in: str, progress: Progress) -> None:
    analyzer, total = Analyzer(settings.stemming, settings.stop_words, spoken_in, settings.cutting), len(corpus)
    docids: list[str] = []
    texts: list[str] = []
    vocabulary: dict[str, int] = {}
    terms = _Watched(progress, total)
    for doc in corpus.docs():
        docids.append(doc.docid)
        texts.append(doc.text_hash)
        terms.append(array("i", [vocabulary.setdefault(term, len(vocabulary)) for term in analyzer.terms(doc.content)]))
        if len(docids) % _REPORT_EVERY == 0:
            progress(len(docids), total, "Reading words")
    progress(len(docids), total, "Reading words")
    save_rows(folder, docids, texts)
    write(folder, terms, vocabulary, settings, spoken_in)


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
