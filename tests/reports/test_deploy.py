"""A chosen system as files for OpenSearch and a rerank server: the settings that won stand in them."""

from __future__ import annotations

import json
import re

import pytest

from rerank_core.errors import SettingsError
from rerank_core.reports.deploy import deployment
from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.systems.composites.spec import Cascade, Stage
from rerank_core.systems.systems import System, add_composite, get_system
from rerank_core.types import Ranking, ScoredDoc

HYBRID = RetrievalSettings(("bm25", "dense"), "minmax", (1.0, 3.0), depth=40, k1=1.2, b=0.75)


def system_of(name, **settings):
    return System(name, get(name), settings)


def files_of(settings, system, top=10):
    files = deployment("my data", settings, system, top)
    return {name: json.loads(text) if name.endswith(".json") else text for name, text in files.items()}


@pytest.mark.parametrize(
    ("language", "tokenizer", "filters"),
    [
        ("auto", "standard", ["english_stop", "english_stemmer"]),
        ("de", "standard", ["german_stop", "german_stemmer"]),
        ("fi", "standard", ["finnish_stemmer"]),
        ("ja", "standard", ["cjk_bigram"]),
        ("th", "thai", []),
        ("none", "standard", []),
    ],
)
def test_words_are_read_in_the_language_of_the_settings(language, tokenizer, filters):
    files = files_of(RetrievalSettings(("bm25",), language=language), system_of("first-stage"))
    analysis = files["opensearch-index.json"]["settings"]["index"]["analysis"]
    assert analysis["analyzer"]["passages"]["tokenizer"] == tokenizer
    assert analysis["analyzer"]["passages"]["filter"] == ["cjk_width", "lowercase", *filters]
    assert list(analysis["filter"]) == [name for name in filters if name != "cjk_bigram"]


def test_weights_depth_and_model_stand_in_the_files():
    files = files_of(HYBRID, system_of("bge-reranker-v2-m3"), top=5)
    (fused,) = files["opensearch-pipeline.json"]["phase_results_processors"]
    assert fused["normalization-processor"] == {
        "normalization": {"technique": "min_max"},
        "combination": {"technique": "arithmetic_mean", "parameters": {"weights": [0.25, 0.75]}},
    }
    (reranked,) = files["opensearch-pipeline.json"]["response_processors"]
    assert reranked["rerank"]["context"] == {"document_fields": ["content"]}
    assert "BAAI/bge-reranker-v2-m3" in reranked["rerank"]["description"]
    search = files["opensearch-search.json"]
    assert search["size"] == 40
    words, vectors = search["query"]["hybrid"]["queries"]
    assert list(words) == ["match"]
    assert vectors["neural"]["embedding"]["k"] == 40
    assert search["ext"]["rerank"]["query_context"] == {"query_text": "{{query}}"}
    index = files["opensearch-index.json"]
    assert index["settings"]["index"]["similarity"]["default"] == {"type": "BM25", "k1": 1.2, "b": 0.75}
    request = files["rerank-request.json"]
    assert (request["model"], request["top_n"]) == ("BAAI/bge-reranker-v2-m3", 5)
    assert "all 40 candidates" in files["README.md"]


def test_weights_follow_the_order_of_the_retrievers():
    settings = RetrievalSettings(("dense", "bm25"), "zscore", (0.8, 0.2), depth=20)
    files = files_of(settings, system_of("first-stage"))
    (fused,) = files["opensearch-pipeline.json"]["phase_results_processors"]
    assert fused["normalization-processor"]["normalization"] == {"technique": "z_score"}
    assert fused["normalization-processor"]["combination"]["parameters"]["weights"] == [0.8, 0.2]
    assert [next(iter(one)) for one in files["opensearch-search.json"]["query"]["hybrid"]["queries"]] == [
        "neural",
        "match",
    ]


def test_rrf_keeps_its_constant_and_one_retriever_is_not_fused():
    settings = RetrievalSettings(rrf_k=20, depth=30)
    pipeline = files_of(settings, system_of("first-stage"))["opensearch-pipeline.json"]
    assert pipeline["phase_results_processors"] == [
        {"score-ranker-processor": {"combination": {"technique": "rrf", "rank_constant": 20}}}
    ]
    alone = files_of(RetrievalSettings(("bm25",), depth=30), system_of("first-stage"))
    assert "phase_results_processors" not in alone["opensearch-pipeline.json"]
    assert "hybrid" not in alone["opensearch-search.json"]["query"]
    assert "knn" not in alone["opensearch-index.json"]["settings"]["index"]


def test_what_cannot_be_said_is_said_in_the_files():
    files = files_of(RetrievalSettings(fusion="union", depth=30), system_of("minilm-maxsim"))
    pipeline = files["opensearch-pipeline.json"]
    assert "response_processors" not in pipeline
    assert "of the family late-interaction" in pipeline["description"]
    assert "take turns" in pipeline["description"]
    assert "ext" not in files["opensearch-search.json"]
    assert "rerank-request.json" not in files
    assert "No request is written" in files["README.md"]


def test_a_composite_is_told_to_be_out_of_reach(workspace):
    add_composite(workspace, "two steps", Cascade((Stage("minilm-cosine", 20), Stage("minilm-maxsim"))))
    files = files_of(HYBRID, get_system(workspace, "two steps"))
    assert "a system made of systems" in files["opensearch-pipeline.json"]["description"]
    assert "rerank-request.json" not in files


def test_a_filter_stands_in_the_query():
    settings = RetrievalSettings(depth=30, filters=(("kind", ("bird", "mammal")),))
    query = files_of(settings, system_of("first-stage"))["opensearch-search.json"]["query"]
    assert query["hybrid"]["filter"] == {"bool": {"filter": [{"terms": {"metadata.kind": ["bird", "mammal"]}}]}}
    alone = RetrievalSettings(("bm25",), depth=30, filters=(("kind", ("bird",)),))
    query = files_of(alone, system_of("first-stage"))["opensearch-search.json"]["query"]
    assert query["bool"]["filter"] == [{"terms": {"metadata.kind": ["bird"]}}]


def test_a_service_keeps_its_settings_and_no_key_is_written(monkeypatch):
    monkeypatch.setenv("CO_API_KEY", "sk-very-secret")
    files = files_of(HYBRID, system_of("cohere-rerank-v3.5", max_tokens_per_doc=512))
    assert files["rerank-request.json"]["model"] == "rerank-v3.5"
    assert files["rerank-request.json"]["max_tokens_per_doc"] == 512
    assert "`POST https://api.cohere.com/v2/rerank`" in files["README.md"]
    assert "sk-very-secret" not in json.dumps(files)


@pytest.mark.parametrize(
    "end", ["", "/", "/v1", "/v2", "/v2/", "/rerank", "/v1/rerank", "/v2/rerank", "/v2/rerank/", "//v2/rerank"]
)
def test_coheres_address_is_the_one_that_its_requests_go_to(end):
    address = f"https://gateway.example/cohere{end}"
    files = files_of(HYBRID, system_of("cohere-rerank-v3.5", base_url=address))
    assert "`POST https://gateway.example/cohere/v2/rerank`" in files["README.md"]


def test_a_server_of_ones_own_is_named_with_its_address_and_the_model_it_serves():
    system = system_of("http-rerank", base_url="http://gpu-1:8000/v1", model="mine")
    files = files_of(HYBRID, system)
    assert files["rerank-request.json"]["model"] == "mine"
    assert "`POST http://gpu-1:8000/v1/rerank`" in files["README.md"]
    texts = system_of("http-rerank", base_url="http://gpu-1:8080", protocol="texts")
    assert "rerank-request.json" not in files_of(HYBRID, texts)


@pytest.mark.parametrize("top", [0, 41])
def test_more_passages_than_candidates_cannot_be_returned(top):
    with pytest.raises(SettingsError, match="from 1 to 40"):
        deployment("my data", HYBRID, system_of("first-stage"), top)


SERVER = "http://ranker-1.local:8787"


def served_files(settings, system):
    files = deployment("my data", settings, system, 10, SERVER)
    return {name: json.loads(text) if name.endswith(".json") else text for name, text in files.items()}


def test_a_served_system_of_any_kind_has_opensearchs_whole_way_to_it(workspace):
    add_composite(workspace, "two steps", Cascade((Stage("minilm-cosine", 10), Stage("minilm-maxsim"))))
    files = served_files(HYBRID, get_system(workspace, "two steps"))
    settings = files["opensearch-cluster.json"]["persistent"]
    (trusted,) = settings["plugins.ml_commons.trusted_connector_endpoints_regex"]
    # only what a connector needs: where models run, and what else the cluster trusts, is not ours to say
    assert set(settings) == {
        "plugins.ml_commons.trusted_connector_endpoints_regex",
        "plugins.ml_commons.connector.private_ip_enabled",
    }
    (action,) = files["opensearch-connector.json"]["actions"]
    assert action["url"] == "http://ranker-1.local:8787/v2/rerank"
    assert re.fullmatch(trusted, action["url"])
    assert not re.fullmatch(trusted, "http://ranker-1xlocal:8787/v2/rerank")
    assert files["opensearch-model.json"]["function_name"] == "remote"
    (processor,) = files["opensearch-pipeline.json"]["response_processors"]
    assert processor["rerank"]["ml_opensearch"]["model_id"] == "{{id of the reranker in this cluster}}"
    assert files["opensearch-search.json"]["ext"]["rerank"]
    assert "rerank-lens serve --system 'two steps'" in files["README.md"]


def test_what_opensearch_posts_is_what_the_server_takes(workspace):
    """As its connector fills the template in: texts escaped, the list as JSON."""
    from rerank_core.serving.protocols.cohere import CohereV2

    files = served_files(HYBRID, get_system(workspace, "minilm-maxsim"))
    (action,) = files["opensearch-connector.json"]["actions"]
    filled = action["request_body"]
    values = {"query": 'say \\"fish\\"', "documents": json.dumps(["a", "b"]), "top_n": "2", "model": "minilm-maxsim"}
    for name, value in values.items():
        filled = filled.replace(f"${{parameters.{name}}}", value)
    shape = CohereV2()
    given = shape.fields.model_validate(json.loads(filled))
    assert (shape.asked(given).query, len(given.documents), shape.top(given)) == ('say "fish"', 2, 2)


def test_opensearch_reads_the_servers_answer():
    """Its function for Cohere's rerank takes `results`, a whole number as index, and a score with a decimal point."""
    from rerank_core.serving.asked import asked
    from rerank_core.serving.protocols.cohere import CohereV2, CohereV2Fields
    from rerank_core.serving.protocols.places import places
    from rerank_core.serving.protocols.shape import Reply
    from rerank_core.serving.served import Answer

    given, request = CohereV2Fields(query="a", documents=["b", "c"]), asked("a", ["b", "c"])
    ranking = Ranking("", "s", (ScoredDoc("1", 3.0, 1), ScoredDoc("0", None, 2)))
    reply = Reply("id", "s", "s", request, Answer(ranking, 0.1, 2, 0), places(ranking), (), {})
    rows = json.loads(json.dumps(CohereV2().answer(given, reply)))["results"]
    assert [(row["index"], row["relevance_score"]) for row in rows] == [(1, 3.0), (0, 2.0)]
    assert {type(row["index"]) for row in rows} == {int}
    assert {type(row["relevance_score"]) for row in rows} == {float}


@pytest.mark.parametrize("server", ["ranker:8787", "http://user@host", "http://host/?a=b", "ftp://host"])
def test_an_address_that_is_none_is_refused(server):
    with pytest.raises(SettingsError, match="must be such as"):
        deployment("my data", HYBRID, system_of("minilm-maxsim"), 10, server)


def test_the_first_stage_alone_needs_no_server():
    assert "opensearch-connector.json" not in served_files(HYBRID, system_of("first-stage"))
