"""Sources: an address that holds no secret, and fields that hits are read by."""

import pytest

from rerank_core.errors import ProviderError, SettingsError
from rerank_core.retrieval.engines.engine import hits_of
from rerank_core.retrieval.engines.first_stage import Pace
from rerank_core.retrieval.engines.source import EngineSource, Fields
from rerank_core.retrieval.engines.sparse import sparse_passage, sparse_query

SHOP = EngineSource("http", "https://find.example.com/v1", fields=Fields("sku", "info.body", "name", ("brand", "day")))


@pytest.mark.parametrize(
    ("engine", "address", "problem"),
    [
        ("postgres", "postgresql://app:hunter2@db/shop", "key"),
        ("postgres", "postgresql://db/shop?password=hunter2", "key"),
        ("opensearch", "https://admin:admin@search:9200", "key"),
        ("opensearch", "https://token@search:9200", "key"),
        ("http", "https://find.example.com/?api_key=hunter2", "key"),
        ("http", "file:///etc/passwd", "begins with"),
        ("http", "gopher://x", "begins with"),
        ("elasticsearch", "search:9200", "begins with"),
        ("qdrant", "http://a b", "no spaces"),
        ("http", "http://[::1", "no address"),
        ("http", "http://a:99999", "no address"),
        ("solr", "http://a", "Unknown engine"),
    ],
)
def test_an_address_without_a_secret_and_with_a_scheme_of_its_engine(engine, address, problem):
    with pytest.raises(SettingsError, match=problem) as raised:
        EngineSource(engine, address)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("variable", ["sk-live-123456", "a key", "HOME_OF_X", "aws_secret_key"])
def test_a_key_in_the_place_of_its_variable_is_refused_and_not_repeated(variable):
    with pytest.raises(SettingsError) as raised:
        EngineSource("http", "http://a", key_variable=variable)
    assert variable not in str(raised.value)


def test_a_source_is_read_back_equal():
    assert EngineSource.from_dict(SHOP.to_dict()) == SHOP
    with pytest.raises(SettingsError, match="no pasword"):
        EngineSource.from_dict({**SHOP.to_dict(), "pasword": "x"})
    with pytest.raises(SettingsError, match="wrong kind"):
        EngineSource.from_dict({**SHOP.to_dict(), "fields": {"nothing": "x"}})


def test_a_label_shows_host_and_index_without_the_user():
    source = EngineSource("postgres", "postgresql://app@db.example.com:5433/shop", "articles")
    assert source.label == "PostgreSQL at db.example.com:5433 (articles)"
    assert EngineSource("postgres", "postgresql://app@/shop?host=/run/pg").label == "PostgreSQL at /run/pg"


def test_hits_by_paths_ids_as_text_the_first_of_an_id_counts():
    rows = [
        ({"sku": 7, "info": {"body": ["one", "two"]}, "name": "N", "brand": "B", "day": None}, 2.5),
        ({"sku": "7", "info": {"body": "again"}}, 2.0),
        ({"sku": "007", "info": {"body": ""}}, None),
        ({"sku": "8", "info": {"body": "x"}}, 1.0),
    ]
    first, second = hits_of(SHOP, rows, 2)
    assert (first.doc.docid, first.doc.text, first.doc.title, first.score) == ("7", "one\ntwo", "N", 2.5)
    assert first.doc.metadata == {"brand": "B"}
    assert (second.doc.docid, second.doc.text, second.score) == ("007", "", None)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"id": 1, "info": {"body": "x"}}, "hit 1 has no id in 'sku', it has id, info.body"),
        ({"sku": 1, "info": {"text": "x"}}, r"hit 1 \('1'\) has no text in 'info.body', it has sku, info.text"),
        ({}, "it is empty"),
    ],
)
def test_half_an_answer_names_the_field_and_what_is_there(row, problem):
    with pytest.raises(ProviderError, match=problem):
        hits_of(SHOP, [(row, 1.0)], 10)


def test_sparse_vectors_by_hand():
    # "terns dive, terns fish": 4 words (stems), terns twice; norm = 1.2 (0.25 + 0.75 * 4 / 256)
    passage, query = sparse_passage("Terns dive, terns fish"), sparse_query("the tern and a tern")
    norm = 1.2 * (0.25 + 0.75 * 4 / 256)
    assert query["values"] == [1.0]
    place = passage["indices"].index(query["indices"][0])
    assert passage["values"][place] == pytest.approx(2 * 2.2 / (2 + norm))
    assert len(passage["indices"]) == 3
    assert passage["indices"] == sorted(passage["indices"])


def test_requests_keep_their_distance(monkeypatch):
    slept = []
    monkeypatch.setattr("time.sleep", slept.append)
    monkeypatch.setattr("time.monotonic", lambda: 100.0)
    pace = Pace(4)
    for _ in range(3):
        pace.wait()
    assert slept == [0.0, 0.25, 0.5]
