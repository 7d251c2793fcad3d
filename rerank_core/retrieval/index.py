"""The indexes of a dataset on disk: made where they are missing, read where they are there.

`<root>/<fingerprint of the dataset>/bm25-<key of the BM25 settings>/` and `.../dense-<key of the model>/`. Where the
index of another fingerprint holds most of the same texts, the new one shares its files and adds what changed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rerank_core.errors import SettingsError
from rerank_core.retrieval.hybrid import HybridRetriever
from rerank_core.retrieval.index_folder import is_whole
from rerank_core.retrieval.parts import Changes, changes, rows_in
from rerank_core.retrieval.retriever import Retriever
from rerank_core.retrieval.settings import RETRIEVERS, RetrievalSettings
from rerank_core.types import Corpus, Progress, no_progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rerank_core.retrieval.embedding import EmbeddingStore
    from rerank_core.retrieval.encoder import Encoder
    from rerank_core.retrieval.vector_search import SearchFacts

LEAST_ROWS = 2000
"""Smaller indexes are rebuilt: that takes a second."""
MOST_CHANGED = 0.1
"""The part of an index that may have changed before it is rebuilt: what was added is searched less cleverly."""
_BASES_TRIED = 3


def needs_build(root: Path, fingerprint: str, settings: RetrievalSettings, encoder: Encoder | None = None) -> list[str]:
    """The retrievers whose index is missing, in the settings' order; empty: nothing to wait for.

    Raises NotReadyError where the dense model is not on this machine.
    """
    encoder = _encoder(settings, encoder)
    indexed = [name for name in settings.retrievers if name in RETRIEVERS]
    return [name for name in indexed if not is_whole(_folder(root, fingerprint, name, settings, encoder))]


def search_facts(
    root: Path, fingerprint: str, settings: RetrievalSettings, encoder: Encoder | None = None
) -> SearchFacts | None:
    """How the dense index is searched, and what that finds; None where the settings have none, or it is not built.

    Raises NotReadyError where the dense model is not on this machine.
    """
    from rerank_core.retrieval.vector_search import SearchFacts

    if "dense" not in settings.retrievers:
        return None
    folder = _folder(root, fingerprint, "dense", settings, _encoder(settings, encoder))
    return SearchFacts.load(folder) if is_whole(folder) else None


def build_or_load(
    root: Path,
    corpus: Corpus,
    fingerprint: str,
    settings: RetrievalSettings,
    vectors: EmbeddingStore,
    progress: Progress = no_progress,
    encoder: Encoder | None = None,
    queries: Callable[[], Sequence[str]] | None = None,
    without_index: Mapping[str, Retriever] | None = None,
) -> HybridRetriever:
    """The first stage over `corpus`, its indexes built where `needs_build` names them.

    `fingerprint` names the state of the corpus: another one, another index (`prune` removes the old). `vectors` keeps
    embeddings across fingerprints, so that only new texts are embedded. `encoder` None means the settings' dense
    model, whose weights are read only when something is to be embedded. Steps reported are passages, once
    for each missing index. `queries` gives texts to measure an approximate dense index on (`write_search`).
    `without_index`: name -> retriever, for those of the settings that need none here, such as imported runs. Raises
    NotReadyError where the model is not here, CancelledError from `progress`; an index that was not finished is not
    there.
    """
    encoder = _encoder(settings, encoder)
    missing = needs_build(root, fingerprint, settings, encoder)
    retrievers: dict[str, Retriever] = {}
    for name in settings.retrievers:
        if without_index is not None and name in without_index:
            retrievers[name] = without_index[name]
            continue
        if name not in RETRIEVERS:
            raise SettingsError(f"The retriever {name!r} needs lists of its own, and there are none.")
        folder = _folder(root, fingerprint, name, settings, encoder)
        build = progress if name in missing else None
        if name == "dense" and encoder is not None:
            retrievers[name] = _dense(folder, corpus, encoder, vectors, build, queries)
        else:
            retrievers[name] = _bm25(folder, corpus, settings, build)
    return HybridRetriever(retrievers, settings, corpus)


def prune(root: Path, keep: Collection[str]) -> list[str]:
    """Remove the indexes of every fingerprint that is not in `keep`; return those removed, in order."""
    if not root.is_dir():
        return []
    old = sorted(folder.name for folder in root.iterdir() if folder.is_dir() and folder.name not in keep)
    for name in old:
        shutil.rmtree(root / name, ignore_errors=True)
    return old


def _encoder(settings: RetrievalSettings, encoder: Encoder | None) -> Encoder | None:
    if encoder is not None or "dense" not in settings.retrievers:
        return encoder
    from rerank_core.retrieval.encoders import open_encoder

    return open_encoder(settings.dense())


def _folder(root: Path, fingerprint: str, name: str, settings: RetrievalSettings, encoder: Encoder | None) -> Path:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", fingerprint):
        raise SettingsError(f"A fingerprint is letters, digits, - and _, not {fingerprint!r}.")
    key = encoder.key if name == "dense" and encoder is not None else settings.bm25_key()
    return root / fingerprint / f"{name}-{key}"


def _bm25(folder: Path, corpus: Corpus, settings: RetrievalSettings, build: Progress | None) -> Retriever:
    from rerank_core.retrieval.bm25 import Bm25Retriever
    from rerank_core.retrieval.language import spoken
    from rerank_core.retrieval.postings import analysis

    if build is None:
        return Bm25Retriever.load(folder)
    settings = replace(settings, language=spoken(settings, corpus))
    base, change = _base(folder, corpus, lambda other: analysis(other)[2] == settings.language)
    if base is not None and change is not None:
        return Bm25Retriever.derive(base, change, corpus, folder, settings, build)
    return Bm25Retriever.build(corpus, folder, settings, build)


def _dense(
    folder: Path,
    corpus: Corpus,
    encoder: Encoder,
    vectors: EmbeddingStore,
    build: Progress | None,
    queries: Callable[[], Sequence[str]] | None,
) -> Retriever:
    from rerank_core.retrieval.dense import DenseRetriever
    from rerank_core.retrieval.vector_index import SAMPLE

    def encoded() -> NDArray[np.float32]:
        import numpy as np

        texts = [text for text in queries() if text.strip()] if queries is not None else []
        some = [encoder.encode_query(text) for text in texts[:SAMPLE]]
        return np.stack(some) if some else np.zeros((0, 0), dtype=np.float32)

    if build is None:
        return DenseRetriever.load(folder, encoder)
    base, change = _base(folder, corpus)
    if base is not None and change is not None:
        return DenseRetriever.derive(base, change, corpus, folder, encoder, vectors, build)
    return DenseRetriever.build(corpus, folder, encoder, vectors, build, encoded)


def _base(
    folder: Path, corpus: Corpus, fits: Callable[[Path], bool] = lambda other: True
) -> tuple[Path | None, Changes | None]:
    """The index of the same kind under another fingerprint that has most in common with the corpus; None: none has.

    `fits`: whether an index that stands there may be one.
    """
    named = folder.parent.parent.glob(f"*/{folder.name}")
    others = [other for other in named if other != folder and is_whole(other) and fits(other)]
    fitting = [other for other in others if rows_in(other) >= LEAST_ROWS and _alike(rows_in(other), len(corpus))]
    newest = sorted(fitting, key=lambda other: other.stat().st_mtime, reverse=True)[:_BASES_TRIED]
    tried = [(change.share, other, change) for other in newest for change in (changes(other, corpus),)]
    share, base, change = min(tried, key=lambda one: one[0], default=(1.0, None, None))
    return (base, change) if share <= MOST_CHANGED else (None, None)


def _alike(rows: int, passages: int) -> bool:
    return abs(rows - passages) <= MOST_CHANGED * rows
