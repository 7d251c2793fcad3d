"""An index in two parts: a base that is never written again, and what was added to it and removed from it since.

`<index>/*` is the base; `<index>/added/` holds the passages that are new or whose text is another one, `removed.npy`
in it marks the rows of the base that are gone. An index that was built in one go has no such folder. Several indexes
share one base by hard links, so that each folder is whole by itself and can be deleted at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from rerank_core.errors import RerankLensError
from rerank_core.retrieval.index_folder import share, writing
from rerank_core.retrieval.rows import DocRows
from rerank_core.types import Corpus, Doc

if TYPE_CHECKING:
    from numpy.typing import NDArray

ADDED = "added"
_TEXTS, _REMOVED = "texts.npy", "removed.npy"


@runtime_checkable
class TrackedCorpus(Corpus, Protocol):
    """A corpus that knows the hashes of its texts, so that what changed is found without reading them all."""

    def hashes(self) -> Iterable[tuple[str, str]]:
        """(docid, text hash) of every passage, in the order of `docs`."""

    def pick(self, docids: Sequence[str]) -> Iterator[Doc]:
        """The passages of these docids, in their order."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a corpus has that a base has not: `removed` marks the base's rows that are gone, shape (rows,)."""

    removed: NDArray[np.bool_]
    added: tuple[str, ...]

    @property
    def share(self) -> float:
        """Rows removed and passages added, as a part of the base's rows."""
        return (int(self.removed.sum()) + len(self.added)) / max(1, len(self.removed))


class Picked:
    """Some passages of a corpus, as a corpus."""

    def __init__(self, corpus: Corpus, docids: Sequence[str]) -> None:
        self._corpus, self._docids = corpus, docids

    def __len__(self) -> int:
        return len(self._docids)

    def docs(self) -> Iterator[Doc]:
        """See `Corpus.docs`; in the order that they were named."""
        if isinstance(self._corpus, TrackedCorpus):
            yield from self._corpus.pick(self._docids)
            return
        wanted = set(self._docids)
        yield from (doc for doc in self._corpus.docs() if doc.docid in wanted)


def save_rows(folder: Path, docids: Sequence[str], hashes: Sequence[str]) -> None:
    """Write which passage stands in each row, and which text of it: the first 64 bits of its hash."""
    DocRows(docids).save(folder)
    np.save(folder / _TEXTS, np.array([_number(text) for text in hashes], dtype=np.uint64))


def rows_in(base: Path) -> int:
    """How many rows an index's base has; read from its header."""
    return len(np.load(base / _TEXTS, mmap_mode="r"))


def changes(base: Path, corpus: Corpus) -> Changes:
    """What must be removed from the index in `base`, and added to it, to be an index of `corpus`."""
    row_of = {docid: row for row, docid in enumerate(DocRows.load(base).docids)}
    texts = np.load(base / _TEXTS).tolist()
    removed = np.ones(len(texts), dtype=np.bool_)
    added = []
    for docid, text in _hashes(corpus):
        row = row_of.get(docid)
        if row is not None and texts[row] == _number(text):
            removed[row] = False
        else:
            added.append(docid)
    if len(added) + int((~removed).sum()) != len(corpus):
        raise RerankLensError("The passages changed while they were indexed. Start again.")
    return Changes(removed, tuple(added))


@contextmanager
def deriving(base: Path, changes: Changes, corpus: Corpus, folder: Path) -> Iterator[tuple[Picked, Path]]:
    """Write an index into `folder` (all or nothing) that shares the base of the one in `base`.

    Yields the passages to add, and the folder for their part.
    """
    with writing(folder) as temporary:
        share(base, temporary)
        added = temporary / ADDED
        added.mkdir()
        np.save(added / _REMOVED, changes.removed)
        yield Picked(corpus, changes.added), added


def parts(folder: Path) -> list[Path]:
    """The folders of an index's parts: the base, then what was added where there is such a part."""
    added = folder / ADDED
    return [folder, added] if added.is_dir() else [folder]


def read_rows(folder: Path) -> tuple[DocRows, NDArray[np.bool_] | None]:
    """The rows of all parts, and which of them are alive, shape (rows,); None: all."""
    base = DocRows.load(folder)
    if len(parts(folder)) == 1:
        return base, None
    return DocRows(base.docids + DocRows.load(folder / ADDED).docids), living(folder / ADDED)


def living(added: Path) -> NDArray[np.bool_]:
    """Which rows of the base, then of the added part in this folder, are alive, shape (rows,)."""
    # an updated passage stands in two rows: the later one, in the added part, is the one that is alive
    return np.concatenate([~np.load(added / _REMOVED), np.ones(rows_in(added), dtype=np.bool_)])


def _hashes(corpus: Corpus) -> Iterable[tuple[str, str]]:
    if isinstance(corpus, TrackedCorpus):
        return corpus.hashes()
    return ((doc.docid, doc.text_hash) for doc in corpus.docs())


def _number(text: str) -> int:
    return int(text[:16], 16)
