"""Rows of what lies elsewhere for the full workspace: a connected search engine, and the traffic of production."""

from __future__ import annotations

from pathlib import Path

from rerank_core.experiment.connected import connect_dataset
from rerank_core.monitoring.click_grades import fit_logged, keep_click_grades
from rerank_core.monitoring.importing import import_log
from rerank_core.retrieval.dense_model import DenseModel
from rerank_core.retrieval.engines.source import EngineSource, Fields
from rerank_core.retrieval.engines.template import Template
from rerank_core.store import engine_sources, traffic_canaries
from rerank_core.store.engine_answers import StoredAnswers
from rerank_core.store.traffic_canaries import CanaryPair
from rerank_core.store.traffic_requests import RERANKED, SHADOW, LoggedDoc, LoggedRequest
from rerank_core.store.workspace import Workspace
from rerank_core.systems.dense_models import add_dense_model
from rerank_core.types import Doc, Query, Ranking, ScoredDoc
from tests.conftest import BIRD_QUERIES, BIRDS
from tests.support.traffic import START, write_own_log

SHOP, FIRST, OLDER = "shop", "served", "older"
"""The connected dataset, and the templates that it is asked by."""
LOGGED = "mini"
"""The system whose lists callers got."""
SCORES = {LOGGED: [0.5, 0.25]}
_REQUESTS = 80


def fill_engine(workspace: Workspace) -> None:
    """The dataset `shop`, connected to an address where nothing listens: two templates, an answer, a refresh."""
    source = EngineSource("http", "http://127.0.0.1:9/find", fields=Fields("id", "text"), hits="hits")
    templates = [Template(name, f'{{"body": {{"{name}": "{{{{query}}}}"}}}}') for name in (FIRST, OLDER)]
    shop = connect_dataset(workspace, SHOP, source, templates, [Query("q1", "blue kettle")])
    docs = [Doc("k1", "A blue kettle."), Doc("k2", "A red kettle.")]
    places = tuple(ScoredDoc(doc.docid, 2.0 / rank, rank) for rank, doc in enumerate(docs, 1))
    StoredAnswers(workspace, shop).put(FIRST, "blue kettle", 20, Ranking("", FIRST, places, 0.1), docs, "0")
    with workspace.write() as db:
        engine_sources.put_refresh(db, shop.id, {"sentence": "Asked again: 1 answer. Nothing changed."})
    add_dense_model(workspace, DenseModel("openai:ours", "http://127.0.0.1:9/v1"), "ours")


def fill_traffic(workspace: Workspace, folder: Path) -> None:
    """Requests over the birds by one system, a shadow of each, clicks, the grades they make, and a canary."""
    requests = [one for number in range(_REQUESTS) for one in _asked(number)]
    import_log(workspace, write_own_log(folder / "requests.jsonl", requests))
    clicks = folder / "clicks.csv"
    served = requests[::2]
    rows = [f"{one.request},{one.docs[number % 3 // 2].docid}" for number, one in enumerate(served)]
    clicks.write_text("\n".join(["request,docid", *rows]))
    import_log(workspace, clicks)
    model = fit_logged(workspace)
    assert model is not None
    assert keep_click_grades(workspace, "birds", model)
    with workspace.write() as db:
        pairs = [CanaryPair("who eats fish", doc.content) for doc in BIRDS[:2]]
        canary = traffic_canaries.put_canary(db, LOGGED, "k1", 0.001, pairs, SCORES)
        traffic_canaries.put_check(db, canary, SCORES)


def _asked(number: int) -> list[LoggedRequest]:
    """A request, and its shadow; the order turns, so that clicks tell place from passage."""
    query = BIRD_QUERIES[number % 2]
    docids = [doc.docid for doc in BIRDS[:4]]
    turned = docids[number // 2 % 2 :] + docids[: number // 2 % 2]
    found = []
    for system, role, order in ((LOGGED, "served", turned), ("next", SHADOW, turned[::-1])):
        docs = tuple(LoggedDoc(docid, 1.0 / rank, docids.index(docid) + 1) for rank, docid in enumerate(order, 1))
        found.append(
            LoggedRequest(
                f"r{number}",
                START + number * 60.0,
                system,
                query.text,
                RERANKED,
                docs,
                role,
                made_of="k1",
                ms=40.0 + number,
                pairs=4,
                kept=0,
                moved=True,
            )
        )
    return found
