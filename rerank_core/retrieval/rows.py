"""Which docid stands in which row of an index, and which rows are best."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rerank_core.types import ScoredDoc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating]

_DOCIDS, _PLACES = "docids.json", "places.npy"


class DocRows:
    """The docids of an index: row i belongs to `docids[i]`."""

    def __init__(self, docids: Sequence[str], places: NDArray[np.int64] | None = None) -> None:
        """`places`, shape (rows,), holds each row's place among the docids in ascending order (None: find it)."""
        self.docids = tuple(docids)
        self._places = _places_of(self.docids) if places is None else places
        self._mask = lru_cache(maxsize=8)(self._make_mask)

    @classmethod
    def load(cls, folder: Path) -> DocRows:
        """Read what `save` wrote."""
        docids = json.loads((folder / _DOCIDS).read_text(encoding="utf-8"))
        return cls(docids, np.load(folder / _PLACES))

    def save(self, folder: Path) -> None:
        """Write two files into the folder."""
        (folder / _DOCIDS).write_text(json.dumps(self.docids), encoding="utf-8")
        np.save(folder / _PLACES, self._places)

    def __len__(self) -> int:
        return len(self.docids)

    def mask(self, allowed: Collection[str]) -> NDArray[np.bool_]:
        """True where a row's docid is allowed, shape (rows,); the last few are kept. Unknown docids are passed over."""
        return self._mask(allowed if isinstance(allowed, frozenset) else frozenset(allowed))

    def best(self, rows: NDArray[np.intp], scores: Floats, k: int, retriever: str) -> tuple[ScoredDoc, ...]:
        """The best `k` of `rows`: score descending, then docid ascending. `scores[i]` belongs to `rows[i]`."""
        kept = at_least_kth(scores, k)
        rows, scores = rows[kept], scores[kept]
        order = np.lexsort((self._places[rows], -scores))[:k]
        return tuple(
            ScoredDoc(self.docids[row], float(score), rank, {retriever: rank})
            for rank, (row, score) in enumerate(zip(rows[order].tolist(), scores[order], strict=True), start=1)
        )

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {docid: row for row, docid in enumerate(self.docids)}

    def _make_mask(self, allowed: frozenset[str]) -> NDArray[np.bool_]:
        mask = np.zeros(len(self.docids), dtype=np.bool_)
        mask[[self._row_of[docid] for docid in allowed if docid in self._row_of]] = True
        return mask


def at_least_kth(scores: Floats, k: int, slack: float = 0.0) -> NDArray[np.bool_]:
    """True where a score is no more than `slack` below the k-th best (all of them where there are k or fewer)."""
    if len(scores) <= k:
        return np.ones(len(scores), dtype=np.bool_)
    return np.asarray(scores >= np.partition(scores, len(scores) - k)[len(scores) - k] - slack)


def _places_of(docids: Sequence[str]) -> NDArray[np.int64]:
    places = np.empty(len(docids), dtype=np.int64)
    places[sorted(range(len(docids)), key=docids.__getitem__)] = np.arange(len(docids))
    return places
