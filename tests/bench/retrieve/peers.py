"""The first stage and other libraries, asked the same queries in turn."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from rerank_core.retrieval.analysis import Analyzer
from rerank_core.retrieval.hybrid import HybridRetriever
from rerank_core.retrieval.vector_search import INDEX, SearchFacts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.bench.retrieve.timing import World

_DEPTH = 100
_WARM = 5
Asked = tuple[str, "NDArray[np.float32]"]
Peer = Callable[[str, "NDArray[np.float32]"], Sequence[int]]
"""Words and vector to the row numbers of the best 100."""

PEERS = {
    "bm25s alone": ("words", "bm25s"),
    "tantivy": ("words", "tantivy"),
    "SQLite FTS5": ("words", "sqlite3"),
    "faiss alone, the same index": ("vector", "faiss"),
    "faiss alone, whole scan in half precision": ("vector", "faiss"),
    "numpy, whole scan": ("vector", "numpy"),
    "usearch, HNSW": ("vector", "usearch"),
}
"""Peer -> what it searches by, and the module that it needs."""
_OURS = {"words": "bm25", "vector": "dense"}


def loaded(world: World) -> dict[str, Peer | None]:
    """Peer -> how to ask it, built over the same collection; None where its library is not here."""
    return {name: _MAKERS[name](world) if find_spec(module) else None for name, (_, module) in PEERS.items()}


def compare(
    world: World, asked: Sequence[Asked], stage: HybridRetriever, peers: Mapping[str, Peer | None]
) -> dict[str, Any]:
    """p50 and quartiles in ms of hybrid, bm25 alone, dense alone and every peer; ratios are paired by query."""
    ours = {name: replace(stage.settings, retrievers=(name,)) for name in ("bm25", "dense")}
    asks: dict[str, Peer] = {"hybrid": lambda words, _: _rows(stage.retrieve("q", words))}
    for name, settings in ours.items():
        asks[name] = lambda words, _, s=settings: _rows(stage.retrieve("q", words, s))  # type: ignore[misc]
    asks |= {name: peer for name, peer in peers.items() if peer is not None}
    times: dict[str, list[float]] = {name: [] for name in asks}
    found: dict[str, list[frozenset[int]]] = {name: [] for name in asks}
    for place, (words, vector) in enumerate([*asked[:_WARM], *asked]):
        for name, ask in asks.items():
            started = perf_counter()
            rows = ask(words, vector)
            if place >= _WARM:
                times[name].append(1000 * (perf_counter() - started))
                found[name].append(frozenset(rows))
    exact = _exact(world, asked) if peers else None
    return {"systems": {name: _figures(name, times, found, exact) for name in asks} | _missing(peers)}


def _missing(peers: Mapping[str, Peer | None]) -> dict[str, dict[str, Any]]:
    return {name: {"note": f"{PEERS[name][1]} is not installed"} for name, peer in peers.items() if peer is None}


def _figures(
    name: str,
    times: Mapping[str, list[float]],
    found: Mapping[str, list[frozenset[int]]],
    exact: list[frozenset[int]] | None,
) -> dict[str, Any]:
    low, middle, high = np.quantile(times[name], [0.25, 0.5, 0.75]).tolist()
    figures: dict[str, Any] = {"p50_ms": middle, "q1_ms": low, "q3_ms": high}
    figures["p95_ms"] = float(np.quantile(times[name], 0.95))
    by = PEERS[name][0] if name in PEERS else ""
    if by:
        ratios = np.divide(times[_OURS[by]], times[name])
        figures |= dict(zip(("ratio_q1", "ratio", "ratio_q3"), np.quantile(ratios, [0.25, 0.5, 0.75]), strict=True))
    if exact and (by == "vector" or name == "dense"):
        figures["recall"] = float(np.mean([len(a & b) / len(b) for a, b in zip(found[name], exact, strict=True)]))
    return figures


def _rows(ranking: Any) -> list[int]:
    return [int(docid) for docid in ranking.docids]


def _exact(world: World, asked: Sequence[Asked]) -> list[frozenset[int]]:
    ask = _numpy(world)
    return [frozenset(ask(words, vector)) for words, vector in asked]


def _bm25s(world: World) -> Peer:
    import bm25s

    scorer, analyzer = bm25s.BM25.load(world.folder / "bm25", mmap=True, show_progress=False), Analyzer(True, True)

    def ask(words: str, _: NDArray[np.float32]) -> list[int]:
        found = scorer.retrieve([analyzer.terms(words)], k=_DEPTH, show_progress=False, sorted=True)
        return list(found.documents[0].tolist())

    return ask


def _fts5(world: World) -> Peer:
    db = sqlite3.connect(world.folder / "fts5.db")
    db.execute("CREATE VIRTUAL TABLE passage USING fts5(text, content='', tokenize='porter unicode61')")
    db.executemany("INSERT INTO passage (rowid, text) VALUES (?, ?)", ((int(d.docid), d.text) for d in world.docs()))
    db.commit()
    sql = "SELECT rowid FROM passage WHERE passage MATCH ? ORDER BY rank LIMIT ?"
    return lambda words, _: [row for (row,) in db.execute(sql, [" OR ".join(words.split()), _DEPTH])]


def _tantivy(world: World) -> Peer:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("row", stored=True)
    builder.add_text_field("text", tokenizer_name="en_stem")
    folder = world.folder / "tantivy"
    folder.mkdir()
    index = tantivy.Index(builder.build(), path=str(folder))
    writer = index.writer(heap_size=256_000_000)
    for doc in world.docs():
        writer.add_document(tantivy.Document(row=int(doc.docid), text=doc.text))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def ask(words: str, _: NDArray[np.float32]) -> list[int]:
        hits = searcher.search(index.parse_query(words, ["text"]), _DEPTH).hits
        return [searcher.doc(address)["row"][0] for _, address in hits]

    return ask


def _faiss_same(world: World) -> Peer:
    import faiss

    folder = world.folder / "dense"
    facts = SearchFacts.load(folder)
    if not (folder / INDEX).exists():
        return _faiss_scan(world)
    index: Any = faiss.read_index(str(folder / INDEX), faiss.IO_FLAG_MMAP if facts.groups else faiss.IO_FLAG_MMAP_IFC)
    if facts.groups:
        index.nprobe = facts.probes
    return lambda _, vector: index.search(vector[None], _DEPTH)[1][0].tolist()


def _faiss_scan(world: World) -> Peer:
    import faiss

    inner = faiss.METRIC_INNER_PRODUCT
    index: Any = faiss.IndexScalarQuantizer(world.dimensions, faiss.ScalarQuantizer.QT_fp16, inner)
    vectors = np.load(world.vectors_file, mmap_mode="r")[: world.passages]
    index.train(np.ascontiguousarray(vectors[:1]))
    for start in range(0, world.passages, 65_536):
        index.add(np.ascontiguousarray(vectors[start : start + 65_536]))
    return lambda _, vector: index.search(vector[None], _DEPTH)[1][0].tolist()


def _numpy(world: World) -> Peer:
    vectors = np.asarray(np.load(world.vectors_file, mmap_mode="r")[: world.passages])
    return lambda _, vector: np.argpartition(vectors @ vector, -_DEPTH)[-_DEPTH:].tolist()


def _usearch(world: World) -> Peer:
    from usearch.index import Index

    index = Index(ndim=world.dimensions, metric="ip", dtype="f16")
    vectors = np.load(world.vectors_file, mmap_mode="r")[: world.passages]
    for start in range(0, world.passages, 65_536):
        some = np.ascontiguousarray(vectors[start : start + 65_536])
        index.add(np.arange(start, start + len(some)), some)
    return lambda _, vector: index.search(vector, _DEPTH).keys.tolist()


_MAKERS: dict[str, Callable[[World], Peer]] = dict(
    zip(PEERS, (_bm25s, _tantivy, _fts5, _faiss_same, _faiss_scan, _numpy, _usearch), strict=True)
)
