"""What is served is what was measured: the app's order and scores, through the clients that people have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec

import cohere
import httpx
import pytest
from langchain_core.documents import Document
from llama_index.core.schema import NodeWithScore, TextNode

from rerank_core.errors import NotReadyError, SettingsError
from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.rerankers.load import load
from rerank_core.rerankers.rerank import rerank
from rerank_core.serving.adapters.langchain import LensCompressor
from rerank_core.serving.adapters.llama_index import LensPostprocessor
from rerank_core.serving.served import Served
from rerank_core.systems.systems import System, get_system
from rerank_core.types import Doc, Query, Ranking, ScoredDoc
from tests.serving.conftest import BLEND, CASCADE, CROSS, MAXSIM, OWN, QUERIES, RANKS, SIGNALS, SYSTEMS, World

TOLERANCE = 1e-6
HAS_LANGCHAIN_COHERE = os.environ.get("RERANK_LENS_LANGCHAIN_COHERE") or (
    sys.executable if find_spec("langchain_cohere") else ""
)
"""The Python that has it; "": none."""
Answer = list[tuple[int, float]]
Ask = Callable[[str, str, list[dict]], Answer]
"""(address, query, documents) -> (place, score), best first."""


def content(document: dict) -> str:
    return f"{document['title']}\n{document['text']}" if document["title"] else document["text"]


def cohere_v2(address: str, query: str, documents: list[dict]) -> Answer:
    # its library sends whatever JSON it is given: objects reach signals, texts would not
    with httpx.Client() as door:
        client = cohere.ClientV2(api_key="none", base_url=address, httpx_client=door)
        answer = client.rerank(model="any", query=query, documents=documents)
    return [(row.index, row.relevance_score) for row in answer.results]


def cohere_v1(address: str, query: str, documents: list[dict]) -> Answer:
    with httpx.Client() as door:
        client = cohere.Client(api_key="none", base_url=address, httpx_client=door)
        answer = client.rerank(model="any", query=query, documents=documents)
    return [(row.index, row.relevance_score) for row in answer.results]


def langchain(address: str, query: str, documents: list[dict]) -> Answer:
    given = [
        Document(page_content=row["text"], metadata={"place": place, **row}) for place, row in enumerate(documents)
    ]
    compressor = LensCompressor(address=address)
    ranked = compressor.compress_documents(_titled(given, documents), query)
    compressor.ranker.close()
    return [(document.metadata["place"], document.metadata["relevance_score"]) for document in ranked]


def _titled(given: list[Document], documents: list[dict]) -> list[Document]:
    """LangChain has no title: a text that is read with it has it as its first line."""
    return [one.model_copy(update={"page_content": content(row)}) for one, row in zip(given, documents, strict=True)]


def llama_index(address: str, query: str, documents: list[dict]) -> Answer:
    nodes = [
        NodeWithScore(
            node=TextNode(id_=str(place), text=content(row), metadata={"date": row["date"], "source": row["source"]}),
            score=row["score"],
        )
        for place, row in enumerate(documents)
    ]
    postprocessor = LensPostprocessor(address=address)
    ranked = postprocessor.postprocess_nodes(nodes, query_str=query)
    postprocessor.ranker.close()
    return [(int(row.node.node_id), row.score) for row in ranked]


def assert_the_apps(world: World, system: str, qid: str, answer: Answer) -> None:
    expected = world.expected(system, qid)
    assert [place for place, _ in answer] == [place for place, _ in expected]
    for (_, score), (_, wanted) in zip(answer, expected, strict=True):
        if wanted is not None:
            assert score == pytest.approx(wanted, abs=TOLERANCE)
    scores = [score for _, score in answer]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.qid)
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("ask", [cohere_v2, cohere_v1, llama_index], ids=lambda ask: ask.__name__)
def test_clients_get_the_apps_order_and_scores(world, address, ask: Ask, system, query):
    assert_the_apps(world, system, query.qid, ask(address(system), query.text, world.documents(query.qid)))


@pytest.mark.parametrize("system", [name for name in SYSTEMS if name != BLEND])
def test_langchain_gets_the_apps_order_and_scores(world, address, system):
    """A blend by scores needs those of the first stage, for which LangChain's documents have no place."""
    query = QUERIES[0]
    assert_the_apps(world, system, query.qid, langchain(address(system), query.text, world.documents(query.qid)))


@pytest.mark.parametrize("protocol", ["documents", "texts"])
@pytest.mark.parametrize("system", [MAXSIM, CROSS, CASCADE, RANKS])
def test_our_own_family_of_rerank_servers_gets_the_apps_order_and_scores(world, address, system, protocol):
    settings = {"base_url": address(system), "protocol": protocol, "raw_scores": True}
    query, documents = QUERIES[0], world.documents("q1")
    texts = [content(row) for row in documents]
    scorer = load(get("http-rerank"), settings)
    scores = scorer.score(query.text, texts)
    scorer.close()
    order = sorted(range(len(texts)), key=lambda place: -scores[place])
    assert_the_apps(world, system, "q1", [(place, scores[place]) for place in order])


def test_the_server_is_a_system_of_another_workspace(world, address):
    """The way back: what is served can be compared, as any server with /rerank."""
    scorer = load(get("http-rerank"), {"base_url": address(CROSS)})
    docs = {row["id"]: Doc(row["id"], row["text"], row["title"]) for row in world.documents("q2")}
    ranking = rerank(scorer, "served", Query("q2", "voles"), world.candidates["q2"], docs)
    scorer.close()
    assert ranking.docids == world.rankings[CROSS, "q2"].docids


@pytest.mark.skipif(not HAS_LANGCHAIN_COHERE, reason="langchain-cohere is not installed beside cohere 7")
@pytest.mark.parametrize("system", [MAXSIM, CROSS, CASCADE, RANKS])
def test_langchains_own_client_of_cohere_gets_the_apps_order_and_scores(world, address, system):
    """In a process of its own, that of RERANK_LENS_LANGCHAIN_COHERE: it asks for an older cohere than the project."""
    code = (
        "import sys, json, cohere; from langchain_cohere import CohereRerank;"
        "address, query, texts = json.loads(sys.stdin.read());"
        "client = cohere.ClientV2(api_key='none', base_url=address);"
        "found = CohereRerank(client=client, model='any', top_n=len(texts)).rerank(texts, query);"
        "print(json.dumps([[row['index'], row['relevance_score']] for row in found]))"
    )
    query, texts = QUERIES[0], [content(row) for row in world.documents("q1")]
    given = json.dumps([address(system), query.text, texts])
    done = subprocess.run([HAS_LANGCHAIN_COHERE, "-c", code], input=given, capture_output=True, text=True, check=True)
    assert_the_apps(world, system, "q1", [tuple(row) for row in json.loads(done.stdout.splitlines()[-1])])


@pytest.mark.parametrize("system", [CROSS, SIGNALS])
def test_adapters_do_the_same_in_process(world, system):
    query, documents, path = QUERIES[0], world.documents("q1"), str(world.workspace.path)
    compressor = LensCompressor(system=system, workspace=path, top_n=3)
    given = [Document(page_content=content(row), metadata={"place": n, **row}) for n, row in enumerate(documents)]
    found = compressor.compress_documents(given, query.text)
    expected = world.expected(system, "q1")[:3]
    assert [document.metadata["place"] for document in found] == [place for place, _ in expected]
    assert [document.metadata["relevance_score"] for document in found] == pytest.approx(
        [score for _, score in expected]
    )
    assert "relevance_score" not in given[0].metadata
    assert compressor.compress_documents([], query.text) == []


def test_a_system_that_finds_its_own_candidates_ranks_what_it_is_given_and_says_so(world, address, client):
    info = client.get(f"{address(OWN)}/info").json()
    assert info["caveats"][0].startswith("'own' finds its own candidates in the app. Here the documents of a request")
    answer = cohere_v2(address(OWN), QUERIES[0].text, world.documents("q1"))
    assert_the_apps(world, CROSS, "q1", answer)


def test_what_a_stage_left_behind_comes_below_with_a_number_that_is_said_to_be_none(world, address, client):
    answer = client.post(
        f"{address(CASCADE)}/v2/rerank", json={"query": QUERIES[0].text, "documents": world.documents("q1")}
    ).json()
    scores = [row["relevance_score"] for row in answer["results"]]
    assert len(scores) > 4
    assert scores[4:] == [scores[3] - step for step in range(1, len(scores) - 3)]
    assert answer["meta"]["rerank_lens"]["unscored"] == [row["index"] for row in answer["results"][4:]]


def test_a_text_of_the_caller_is_ranked_with_the_vectors_that_the_workspace_keeps(world, monkeypatch):
    served = Served(world.workspace, get_system(world.workspace, MAXSIM))
    model = served._models[served.system.key]
    monkeypatch.setattr(model._shared, "_encode", None)
    monkeypatch.setattr(model._shared._passages, "_encode", None)  # no passage is read by the model again
    from rerank_core.serving.asked import asked

    ranking = served.rank(asked(QUERIES[1].text, world.documents("q2"))).ranking
    assert [doc.score for doc in ranking.docs] == [doc.score for doc in world.rankings[MAXSIM, "q2"].docs]


@pytest.mark.parametrize(
    ("system", "error", "message"),
    [
        ("bge-reranker-v2-m3", NotReadyError, "Needs a download"),
        ("http-rerank", NotReadyError, "Needs settings"),
    ],
)
def test_a_system_that_is_not_ready_is_not_served(world, system, error, message):
    with pytest.raises(error, match=message):
        Served(world.workspace, get_system(world.workspace, system))


def test_an_imported_run_is_not_served(world):
    from rerank_core.store.imported_runs import put_imported

    with world.workspace.write() as db:
        put_imported(db, 1, "old", "old.trec", {"q1": Ranking("q1", "old", (ScoredDoc("d1", 1.0, 1),))})
    run: System = get_system(world.workspace, "run:old")
    with pytest.raises(SettingsError, match="an imported run holds rankings of its own queries"):
        Served(world.workspace, run)
