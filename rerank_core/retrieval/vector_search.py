"""Which rows may hold the vectors nearest to a query: by numpy over all of them, or through a faiss index on disk.

Below `SCAN_FROM` rows numpy reads the float32 vectors. From there on faiss, where it is installed, reads them in half
precision from a memory-mapped file: all of them below `ANN_FROM` rows, from there on only the groups (inverted lists)
nearest to the query, as long as that finds `RECALL` of what the whole scan finds.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from rerank_core.retrieval.rows import at_least_kth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.intp]

SCAN_FROM, ANN_FROM = 50_000, 500_000
"""Rows from which faiss is asked, and from which it does not look at all of them."""
RECALL = 0.97
"""The least part of the exact best 100 that a search which does not look at all vectors has to find."""

INDEX, ABOUT = "search.faiss", "search.json"
_SLACK = 3e-5
"""More than float32 can be wrong by in a dot product of unit vectors of a usual length."""
_HALF_SLACK = 2.0**-10
"""Twice what rounding to half precision can move a dot product of unit vectors by (2^-11, by Cauchy-Schwarz)."""
_ROOM = 4
_GATHER = 8


@dataclass(frozen=True, slots=True)
class SearchFacts:
    """How a dense index is searched.

    `kind` is "exact" or "approximate". `probes` of `groups` groups are read for a query (0: no groups). `recall` is the
    mean part of the exact best 100 that was found, over `queries` queries, which `measured_on` names (None: nothing to
    measure, all vectors are read). `refused`: recall of the approximate index that was not good enough.
    """

    kind: str = "exact"
    library: str = "numpy"
    groups: int = 0
    probes: int = 0
    recall: float | None = None
    queries: int = 0
    measured_on: str = ""
    refused: float | None = None

    def sentence(self) -> str:
        """One line for people."""
        if self.kind == "exact":
            return f"exact search by {self.library}"
        return (
            f"approximate search by {self.library}: recall@100 {self.recall:.3f} against exact, "
            f"over {self.queries} {self.measured_on}"
        )

    def save(self, folder: Path) -> None:
        """Write search.json into the folder."""
        (folder / ABOUT).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> SearchFacts:
        """What `save` wrote; exact by numpy where nothing was written."""
        file = folder / ABOUT
        return cls(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else cls()


class VectorSearch(Protocol):
    """Finds the rows worth a second look; the dense retriever then scores them in double precision."""

    facts: SearchFacts

    def near(self, query: NDArray[np.float32], k: int, mask: NDArray[np.bool_] | None) -> Rows:
        """Rows that hold the best `k` of those that `mask` allows (None: all), ties at the cut included, any order."""


def open_search(folder: Path, vectors: NDArray[np.float32]) -> VectorSearch:
    """The search over `vectors`, shape (rows, dimensions), that lie in `folder`; numpy's where faiss is not here."""
    if (folder / INDEX).exists() and faiss_is_here():
        return FaissSearch(folder, vectors)
    return Scan(vectors)


def faiss_is_here() -> bool:
    """Whether faiss can be imported (the extra `faiss`)."""
    return find_spec("faiss") is not None


class Scan:
    """Every vector, by numpy."""

    facts = SearchFacts()

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._vectors = vectors

    def near(self, query: NDArray[np.float32], k: int, mask: NDArray[np.bool_] | None) -> Rows:
        """See `VectorSearch.near`."""
        rows = np.arange(len(self._vectors)) if mask is None else np.flatnonzero(mask)
        few = len(rows) * _GATHER < len(self._vectors)
        rough = self._vectors[rows] @ query if few else (self._vectors @ query)[rows]
        return np.asarray(rows[at_least_kth(rough, k, _SLACK)])


class FaissSearch:
    """A faiss index over half-precision vectors, memory-mapped. Safe for several threads."""

    def __init__(self, folder: Path, vectors: NDArray[np.float32]) -> None:
        import faiss

        self.facts = SearchFacts.load(folder)
        self._vectors, self._few = vectors, Scan(vectors)
        self._probes = self.facts.probes
        flags = faiss.IO_FLAG_MMAP if self.facts.groups else faiss.IO_FLAG_MMAP_IFC
        self._index: Any = faiss.read_index(str(folder / INDEX), flags)

    def near(self, query: NDArray[np.float32], k: int, mask: NDArray[np.bool_] | None) -> Rows:
        """See `VectorSearch.near`; without a mask that leaves most rows out, groups not read are not found."""
        count = len(self._vectors) if mask is None else int(mask.sum())
        if count * _GATHER < len(self._vectors):
            return self._few.near(query, k, mask)
        # where many rows are masked, the nearest groups may hold few of the rest: read all groups then
        probes = self._probes if count * 2 >= len(self._vectors) else self.facts.groups
        room = min(count, _ROOM * k)
        while True:
            scores, rows = search(self._index, query[None], room, probes, mask)
            valid = rows[0] >= 0
            scores, rows = scores[0][valid], rows[0][valid]
            # everything that rounding could have pushed under the cut must be among what came back
            if len(rows) < room or room >= count or scores[-1] < scores[min(k, len(scores)) - 1] - _HALF_SLACK:
                return np.asarray(rows[scores >= scores[min(k, len(scores)) - 1] - _HALF_SLACK] if len(rows) else rows)
            room = min(count, room * _ROOM)


def search(
    index: Any, queries: NDArray[np.float32], k: int, probes: int, mask: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """faiss's scores and rows, shape (queries, k), best first, row -1 where there are fewer. `probes` 0: no groups."""
    faiss: Any = import_module("faiss")  # its own types are not those that its Python wrapper takes
    options: dict[str, Any] = {}
    bits = None if mask is None else np.packbits(mask, bitorder="little")
    if bits is not None:
        options["sel"] = faiss.IDSelectorBitmap(bits)
    if probes:
        params = faiss.SearchParametersIVF(nprobe=probes, **options)
    else:
        params = faiss.SearchParameters(**options) if options else None
    scores, rows = index.search(np.ascontiguousarray(queries), k, params=params)
    return scores, rows
