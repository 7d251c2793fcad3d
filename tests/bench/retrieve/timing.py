"""How fast the first stage is at a size, beside the libraries alone: a made-up collection, timed on this machine.

The words follow Zipf's law, and each passage has one word of its own. The vectors lie around 2,000 centres in 64 latent
dimensions, with a little noise in all of them: nearest neighbours exist, as they do for real embeddings, and no
cluster holds them all. A query is a few words of one passage, and that passage's vector with noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from rerank_core.retrieval.bm25 import Bm25Retriever
from rerank_core.retrieval.dense import DenseRetriever
from rerank_core.retrieval.hybrid import HybridRetriever
from rerank_core.retrieval.parts import changes
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store.vectors import StoredVectors
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc, Progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEPTH = 100
CHANGED = 1000
"""Passages added, updated and removed when updating is timed."""
SETTINGS = RetrievalSettings(depth=DEPTH)
_WORDS, _LENGTH, _ZIPF = 100_000, 40, 1.07
_CENTRES, _LATENT, _BATCH = 2000, 64, 8192


@dataclass(frozen=True)
class World:
    """A made-up collection of `passages` passages with vectors of `dimensions`, the same for the same sizes."""

    folder: Path
    passages: int
    dimensions: int
    changed: bool = False

    def __len__(self) -> int:
        return self.passages

    @property
    def vectors_file(self) -> Path:
        """Where `write_vectors` puts the vectors, shape (passages + CHANGED, dimensions)."""
        return self.folder / "world.npy"

    def docs(self) -> Iterator[Doc]:
        """The passages; where `changed`: the first CHANGED are gone, as many have another text, as many are new."""
        first = CHANGED if self.changed else 0
        return self._rows(range(first, self.passages + first))

    def hashes(self) -> Iterator[tuple[str, str]]:
        """See `TrackedCorpus`; the texts are made for it, where a workspace reads the hashes."""
        return ((doc.docid, doc.text_hash) for doc in self.docs())

    def pick(self, docids: Sequence[str]) -> Iterator[Doc]:
        """See `TrackedCorpus`."""
        return self._rows(map(int, docids))

    def _rows(self, rows: Iterable[int]) -> Iterator[Doc]:
        for start, some in groupby(rows, key=lambda row: row - row % _BATCH):
            texts = self._texts(start)
            for row in some:
                yield Doc(str(row), texts[row - start] + (" anew" if self.changed and row < 2 * CHANGED else ""))

    def queries(self, count: int) -> list[tuple[str, NDArray[np.float32]]]:
        """(words, unit vector) of each query; drawn from the second batch of passages, to write words once only."""
        rng = np.random.default_rng(99)
        vectors, asked, texts = np.load(self.vectors_file, mmap_mode="r"), [], self._texts(_BATCH)
        for row in rng.integers(_BATCH, min(2 * _BATCH, self.passages), count).tolist():
            words = texts[row - _BATCH].split()[1:]
            picked = rng.choice(words, size=min(len(words), int(rng.integers(2, 7))), replace=False)
            asked.append((" ".join(picked), _unit(vectors[row] + 0.5 * _unit(rng.normal(size=self.dimensions)))))
        return asked

    def write_vectors(self) -> None:
        """Write the vectors, block by block."""
        shape = (self.passages + CHANGED, self.dimensions)
        out = np.lib.format.open_memmap(self.vectors_file, mode="w+", dtype=np.float32, shape=shape)
        rng = np.random.default_rng(1)
        centres = rng.normal(size=(_CENTRES, _LATENT))
        basis = np.linalg.qr(rng.normal(size=(self.dimensions, min(_LATENT, self.dimensions))))[0].T
        for start in range(0, len(out), _BATCH):
            some = out[start : start + _BATCH]
            latent = centres[rng.integers(0, _CENTRES, len(some))] + 0.7 * rng.normal(size=(len(some), _LATENT))
            flat = (latent[:, : len(basis)] @ basis).astype(np.float32)
            some[:] = _unit(flat + 0.15 * rng.normal(size=some.shape).astype(np.float32))
        out.flush()

    @cached_property
    def _shares(self) -> NDArray[np.float64]:
        shares = np.arange(1, _WORDS + 1, dtype=np.float64) ** -_ZIPF
        return np.asarray(np.cumsum(shares / shares.sum()))

    def _texts(self, start: int) -> list[str]:
        rng = np.random.default_rng([7, start])
        lengths = rng.poisson(_LENGTH, _BATCH)
        numbers = np.searchsorted(self._shares, rng.random(int(lengths.sum())))
        words = [f"w{number}" for number in numbers.tolist()]
        ends = np.cumsum(lengths).tolist()
        return [f"p{start + place} {' '.join(words[end - lengths[place] : end])}" for place, end in enumerate(ends)]


class WrittenVectors:
    """An encoder that looks a text's vector up by its first word; a query's by its words."""

    key, batch_size, note = "written", 256, ""

    def __init__(self, world: World, queries: Sequence[tuple[str, NDArray[np.float32]]] = ()) -> None:
        self._vectors = np.load(world.vectors_file, mmap_mode="r")
        self._queries = dict(queries)

    def encode_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Encoder.encode_documents`."""
        return np.asarray(self._vectors[[int(text.partition(" ")[0][1:]) for text in texts]])

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """See `Encoder.encode_query`."""
        return self._queries[text]


def measure(world: World, queries: int, progress: Progress) -> dict[str, Any]:
    """Build, ask, change and ask again in the world's folder; step -> what it measured."""
    result: dict[str, Any] = {}
    todo = steps(world, queries)
    for place, (name, step) in enumerate(todo.items()):
        told = "".join(f", {done} took {facts['seconds']:.0f} s" for done, facts in [*result.items()][-1:])
        progress(place, len(todo), name + told)
        result[name] = alone(step)
    return result


def steps(world: World, queries: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """What is measured, in its order; each step needs those before it."""
    return {
        "make vectors": partial(_vectors, world),
        "build bm25": partial(_bm25, world),
        "build dense": partial(_dense, world),
        "ask": partial(_ask, world, queries, ""),
        "update": partial(_update, world),
        "ask after the update": partial(_ask, world, queries, "new-"),
        "ask beside others": partial(_ask, world, queries, "", True),
    }


def alone(step: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a step measures, with its `seconds` and `peak_mb`, out of a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_timed, step).result()


def _timed(step: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    started = perf_counter()
    facts = step()
    return {"seconds": perf_counter() - started, "peak_mb": peak_mb(), **facts}


def peak_mb() -> float:
    """The most memory this process has had, in MB (10^6 bytes); pages of mapped files count as long as they are in."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM"))


def _vectors(world: World) -> dict[str, Any]:
    world.write_vectors()
    return {}


def _bm25(world: World) -> dict[str, Any]:
    Bm25Retriever.build(world, world.folder / "bm25", SETTINGS)
    return {"disk_mb": _disk(world.folder / "bm25")}


def _dense(world: World) -> dict[str, Any]:
    folder, workspace = world.folder / "dense", Workspace(world.folder / "ws.db")
    asked = world.queries(200)
    store, encoder = StoredVectors(workspace), WrittenVectors(world)
    built = DenseRetriever.build(world, folder, encoder, store, queries=lambda: np.stack([vec for _, vec in asked]))
    return {
        "disk_mb": _disk(folder),
        "workspace_mb": workspace.path.stat().st_size / 1e6,
        "search": built.facts.sentence(),
        "groups": built.facts.groups,
        "probes": built.facts.probes,
        "recall_at_build": built.facts.recall,
        "recall_refused": built.facts.refused,
    }


def _update(world: World) -> dict[str, Any]:
    after = World(world.folder, world.passages, world.dimensions, changed=True)
    store, encoder = StoredVectors(Workspace(world.folder / "ws.db")), WrittenVectors(world)
    seconds = {}
    started = perf_counter()
    change = changes(world.folder / "bm25", after)
    seconds["finding_seconds"] = perf_counter() - started
    started = perf_counter()
    Bm25Retriever.derive(world.folder / "bm25", change, after, world.folder / "new-bm25", SETTINGS)
    seconds["bm25_seconds"] = perf_counter() - started
    started = perf_counter()
    DenseRetriever.derive(world.folder / "dense", change, after, world.folder / "new-dense", encoder, store)
    seconds["dense_seconds"] = perf_counter() - started
    return {"changed": int(change.removed.sum()) + len(change.added), **seconds}


def first_stage(world: World, queries: Sequence[tuple[str, NDArray[np.float32]]], name: str = "") -> HybridRetriever:
    """The built indexes, opened."""
    dense = DenseRetriever.load(world.folder / f"{name}dense", WrittenVectors(world, queries))
    return HybridRetriever({"bm25": Bm25Retriever.load(world.folder / f"{name}bm25"), "dense": dense}, SETTINGS)


def _ask(world: World, count: int, name: str, beside_others: bool = False) -> dict[str, Any]:
    from tests.bench.retrieve.peers import compare, loaded

    asked = world.queries(count)
    stage = first_stage(world, asked, name)
    return compare(world, asked, stage, loaded(world) if beside_others else {})


def _disk(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def _unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), dtype=np.float32)
