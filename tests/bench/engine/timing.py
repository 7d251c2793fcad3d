"""PostgreSQL's HNSW beside the embedded index: the same made-up vectors, the same questions, one after the other.

The collection is `tests.bench.retrieve.timing.World`: its vectors are made by numpy and not by a model, and its
questions are vectors of passages with noise. What is true is a whole scan in double precision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg

from rerank_core.retrieval.dense import DenseRetriever
from rerank_core.retrieval.engines.default_templates import default_templates
from rerank_core.retrieval.engines.engine import Asked
from rerank_core.retrieval.engines.postgres import PostgresEngine
from rerank_core.retrieval.engines.source import EngineSource, Fields
from rerank_core.retrieval.engines.template import Template
from rerank_core.store.datasets import batches
from rerank_core.store.vectors import StoredVectors
from rerank_core.store.workspace import Workspace
from tests.bench.retrieve.timing import DEPTH, World, WrittenVectors, alone
from tests.support.postgres import PostgresServer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Asks = dict[str, Callable[[str, NDArray[np.float32]], list[str]]]

BATCH = 500
EF = (100, 200, 400)
"""What HNSW looks at (hnsw.ef_search); 200 is what our template says."""
_PG = ("shared_buffers=1GB", "maintenance_work_mem=1GB", "max_parallel_maintenance_workers=1")
_NAMED = Fields("id", "body", "", (), "embedding")


@dataclass(frozen=True)
class Bench:
    """The steps, in a folder that keeps what they made."""

    folder: Path
    passages: int
    dimensions: int
    queries: int

    @property
    def world(self) -> World:
        """The collection."""
        return World(self.folder, self.passages, self.dimensions)

    def steps(self) -> dict[str, Callable[[], dict[str, Any]]]:
        """Name -> what measures it; each needs those before it."""
        return {
            "make vectors": lambda: alone(self._vectors),
            "embedded: build": lambda: alone(self._embedded),
            "postgres: fill": self._fill,
            "postgres: build HNSW": self._hnsw,
            "ask": lambda: {**alone(self._ask_embedded)["asked"], **self._ask_postgres()},
        }

    def _vectors(self) -> dict[str, Any]:
        self.world.write_vectors()
        return {}

    def _embedded(self) -> dict[str, Any]:
        world, asked = self.world, self.world.queries(200)
        folder = self.folder / "dense"
        store = StoredVectors(Workspace(self.folder / "ws.db"))
        encoder = WrittenVectors(world)
        DenseRetriever.build(world, folder, encoder, store, queries=lambda: np.stack([vec for _, vec in asked]))
        return {"disk_mb": sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6}

    def _fill(self) -> dict[str, Any]:
        vectors = np.load(self.world.vectors_file, mmap_mode="r")
        with self._postgres() as (server, engine):
            server.run("CREATE EXTENSION IF NOT EXISTS vector", "DROP TABLE IF EXISTS passages")
            engine.create(self.dimensions)
            started = perf_counter()
            for docs in batches(self.world.docs(), BATCH):
                engine.put(docs, [vectors[int(doc.docid)] for doc in docs])
            seconds = perf_counter() - started
            return {
                "seconds": seconds,
                "per_second": self.passages / seconds,
                "disk_mb": _size(server, "pg_table_size('passages')"),
            }

    def _hnsw(self) -> dict[str, Any]:
        with self._postgres() as (server, engine):
            started = perf_counter()
            engine.finish()
            seconds = perf_counter() - started
            server.run("VACUUM ANALYZE passages")
            return {"seconds": seconds, "disk_mb": _size(server, "pg_relation_size('passages_embedding_hnsw')")}

    def _ask_embedded(self) -> dict[str, Any]:
        asked = self.world.queries(self.queries)
        true = self._true(asked)
        before = _memory_mb()
        dense = DenseRetriever.load(self.folder / "dense", WrittenVectors(self.world, asked))
        rows = _timed({"embedded": lambda words, _: list(dense.retrieve(words, DEPTH).docids)}, asked, true)
        rows["embedded"]["memory_mb"] = _memory_mb() - before
        return {"asked": rows}

    def _ask_postgres(self) -> dict[str, Any]:
        asked = self.world.queries(self.queries)
        true = self._true(asked)
        with self._postgres() as (server, engine):
            by_name = {one.name: one for one in default_templates(engine._source, engine.columns("passages"))}
            asks: Asks = {}
            for ef in EF:
                template = replace(by_name["hnsw"], settings={**by_name["hnsw"].settings, "hnsw.ef_search": str(ef)})
                asks[f"postgres: HNSW, ef_search {ef}"] = _ask(engine, template)
            rows = _timed(asks, asked, true)
            rows |= _timed({"postgres: exact": _ask(engine, by_name["exact"])}, asked[:20], true)
            index = _size(server, "pg_relation_size('passages_embedding_hnsw')")
            for name in asks:
                rows[name]["memory_mb"] = index
        return rows

    def _true(self, asked: list[tuple[str, NDArray[np.float32]]]) -> dict[str, set[str]]:
        """Words of a question -> the docids that a whole scan finds."""
        vectors = np.load(self.world.vectors_file, mmap_mode="r")[: self.passages]
        questions = np.stack([vector for _, vector in asked])
        scores = np.concatenate([vectors[at : at + 20_000] @ questions.T for at in range(0, len(vectors), 20_000)])
        best = np.argpartition(-scores, DEPTH, axis=0)[:DEPTH].T
        return {words: {str(row) for row in rows} for (words, _), rows in zip(asked, best.tolist(), strict=True)}

    @contextmanager
    def _postgres(self) -> Iterator[tuple[PostgresServer, PostgresEngine]]:
        home = self.folder / "pg"
        home.mkdir(exist_ok=True)
        server = PostgresServer(home, _PG)
        server.start()
        engine = PostgresEngine(EngineSource("postgres", server.address, "passages", _NAMED, timeout=600))
        try:
            yield server, engine
        finally:
            engine.close()
            server.stop()


def _ask(engine: PostgresEngine, template: Template) -> Callable[[str, NDArray[np.float32]], list[str]]:
    return lambda words, vector: [hit.doc.docid for hit in engine.search(template, Asked(words, DEPTH, vector))]


def _timed(
    asks: Asks, asked: list[tuple[str, NDArray[np.float32]]], true: dict[str, set[str]]
) -> dict[str, dict[str, float]]:
    """Ask every search each question in turn, after some that are not timed: what each of them takes and finds."""
    seconds: dict[str, list[float]] = {name: [] for name in asks}
    shares: dict[str, list[float]] = {name: [] for name in asks}
    for warm in (True, False):
        for words, vector in asked:
            for name, ask in asks.items():
                started = perf_counter()
                found = ask(words, vector)
                if not warm:
                    seconds[name].append(perf_counter() - started)
                    shares[name].append(len(true[words] & set(found)) / DEPTH)
    return {
        name: {
            "p50_ms": 1000 * float(np.percentile(seconds[name], 50)),
            "p95_ms": 1000 * float(np.percentile(seconds[name], 95)),
            "recall": float(np.mean(shares[name])),
        }
        for name in asks
    }


def _memory_mb() -> float:
    """What this process has in memory now, in MB; pages of mapped files count as long as they are in."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmRSS"))


def _size(server: PostgresServer, what: str) -> float:
    with psycopg.connect(server.address) as connection:
        row = connection.execute(f"SELECT {what}").fetchone()  # type: ignore[arg-type]
    assert row is not None
    return float(row[0]) / 1e6
