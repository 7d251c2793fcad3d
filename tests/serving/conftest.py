"""A workspace with systems of every kind, the app's own rankings of its queries, and servers of these systems."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.serving.answering import Desk
from rerank_core.serving.limits import Limits
from rerank_core.serving.score_cache import TimedScores
from rerank_core.serving.served import Served
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.spec import (
    Authority,
    Blend,
    Cascade,
    Condition,
    Member,
    OwnFirstStage,
    Recency,
    Router,
    Rule,
    Signals,
    Stage,
)
from rerank_core.systems.systems import add_composite, add_variant, get_system
from rerank_core.types import Doc, Query, Ranking
from tests.rerankers.conftest import bert_folder, one_thread, tiny
from tests.support.lens_server import serving

__all__ = ["bert_folder", "one_thread", "tiny"]

ANIMALS = ("tern", "kestrel", "otter", "puffin", "heron", "vole", "seal", "gannet", "owl", "weasel", "stoat", "egret")
DOCS = [
    Doc(
        f"d{number}",
        f"The {animal} eats {'fish' if number % 2 else 'voles'} and lives by the {'coast' if number % 3 else 'field'}. "
        + "It hunts at dawn. " * (number % 4),
        animal.title() if number % 2 else "",
        {"date": f"20{10 + number}-05-01", "source": "book" if number % 3 else "blog"},
    )
    for number, animal in enumerate(ANIMALS)
]
QUERIES = [
    Query("q1", "who eats fish near the coast"),
    Query("q2", "voles"),
    Query("q3", "what hunts at dawn in 2026?"),
]
SETTINGS = RetrievalSettings(retrievers=("bm25",), depth=12)
MAXSIM, CROSS, CASCADE, BLEND, RANKS, SIGNALS, ROUTER, OWN = (
    "minilm-maxsim", "cross", "cascade", "blend", "ranks", "signals", "router", "own",
)  # fmt: skip
SYSTEMS = (MAXSIM, CROSS, CASCADE, BLEND, RANKS, SIGNALS, ROUTER)


@dataclass(frozen=True)
class World:
    """`rankings`: (system id, qid) -> the app's ranking; `candidates`: qid -> the first stage's."""

    workspace: Workspace
    candidates: dict[str, Ranking]
    rankings: dict[tuple[str, str], Ranking]

    def documents(self, qid: str) -> list[dict]:
        """A query's candidates as a caller sends them."""
        docs = {doc.docid: doc for doc in DOCS}
        return [
            {"id": row.docid, "title": docs[row.docid].title, "text": docs[row.docid].text, "score": row.score}
            | dict(docs[row.docid].metadata)
            for row in self.candidates[qid].docs
        ]

    def expected(self, system: str, qid: str) -> list[tuple[int, float | None]]:
        """(place in `documents`, the app's score), best first."""
        places = {docid: place for place, docid in enumerate(self.candidates[qid].docids)}
        return [(places[doc.docid], doc.score) for doc in self.rankings[system, qid].docs]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, bert_folder: Path) -> World:
    workspace = Workspace(tmp_path_factory.mktemp("serving") / "workspace.db")
    with workspace.write() as db:
        dataset = datasets.begin_dataset(db, "animals", "tests")
        datasets.add_docs(db, dataset, DOCS)
        datasets.add_queries(db, dataset, QUERIES)
        datasets.finish_dataset(db, dataset, {})
    add_variant(workspace, CROSS, f"cross-encoder:{bert_folder}", {})
    add_composite(workspace, CASCADE, Cascade((Stage(MAXSIM, 4), Stage(CROSS))))
    add_composite(workspace, BLEND, Blend((Member("first-stage", 1.0), Member(MAXSIM, 2.0), Member(CROSS)), "minmax"))
    add_composite(workspace, RANKS, Blend((Member("first-stage"), Member(MAXSIM, 2.0), Member(CROSS))))
    recency, authority = Recency("date", 900, "2026-01-01"), Authority("source", (("book", 2.0), ("blog", 0.5)))
    add_composite(workspace, SIGNALS, Signals(MAXSIM, recency, authority))
    add_composite(workspace, ROUTER, Router((Rule((Condition("has_digits", True),), CROSS),), MAXSIM))
    add_composite(workspace, OWN, OwnFirstStage(CROSS, SETTINGS))
    with workspace.open() as db:
        row = datasets.get_dataset(db, "animals")
    systems = tuple(get_system(workspace, name) for name in (*SYSTEMS, OWN))
    experiment, pipeline = Experiment(workspace, row, SETTINGS, systems), Pipeline(workspace)
    candidates, rankings = {}, {}
    for query in QUERIES:
        candidates[query.qid] = pipeline.candidates(experiment, query)[1]
        for system in systems:
            stored = pipeline.rank(experiment, query, system)
            assert stored.ranking is not None, stored.error
            rankings[system.id, query.qid] = stored.ranking
    return World(workspace, candidates, rankings)


@pytest.fixture(scope="session")
def address(world: World) -> Iterator[Callable[[str], str]]:
    """System id -> where it is served, for the whole run."""
    open_servers, found = [], {}

    def of(system: str) -> str:
        if system not in found:
            served = Served(world.workspace, get_system(world.workspace, system), TimedScores(600))
            server = serving(Desk(served, Limits()))
            found[system] = server.__enter__()
            open_servers.append(server)
        return found[system]

    yield of
    for server in open_servers:
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60) as made:
        yield made
