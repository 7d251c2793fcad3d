"""What goes before queries and passages: a setting, with what known models want as the default."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rerank_core.retrieval.dense_model import BUNDLED, DenseModel
from rerank_core.retrieval.encoder import SentenceEncoder
from rerank_core.retrieval.known_prefixes import known_prefixes
from rerank_core.retrieval.settings import RetrievalSettings

SEARCH = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"


@pytest.mark.parametrize(
    ("name", "query", "passage"),
    [
        ("intfloat/multilingual-e5-small", "query: ", "passage: "),
        ("intfloat/e5-base-v2", "query: ", "passage: "),
        ("intfloat/multilingual-e5-large-instruct", f"{SEARCH} ", ""),
        ("BAAI/bge-small-en-v1.5", "Represent this sentence for searching relevant passages: ", ""),
        ("Qwen/Qwen3-Embedding-0.6B", SEARCH, ""),
        ("Alibaba-NLP/gte-Qwen2-1.5B-instruct", f"{SEARCH} ", ""),
        ("nomic-ai/nomic-embed-text-v1.5", "search_query: ", "search_document: "),
        ("Snowflake/snowflake-arctic-embed-l-v2.0", "query: ", ""),
        ("Snowflake/snowflake-arctic-embed-s", "Represent this sentence for searching relevant passages: ", ""),
    ],
)
def test_known_models_have_their_prefixes(name, query, passage):
    assert DenseModel(name).prefixes == (query, passage)
    assert known_prefixes(name).source


@pytest.mark.parametrize(
    "name", [BUNDLED, "BAAI/bge-m3", "sentence-transformers/all-MiniLM-L6-v2", "thenlper/gte-small"]
)
def test_others_are_left_to_their_own_files(name):
    assert DenseModel(name).prefixes == (None, None)


def test_what_a_person_says_goes_before_what_is_known():
    assert DenseModel("intfloat/e5-small", query_prefix="", passage_prefix="p: ").prefixes == ("", "p: ")


def test_prefixes_are_part_of_the_candidates_key_and_old_keys_stay():
    plain = RetrievalSettings(depth=10)
    assert plain.key() == replace(plain, dense_model=BUNDLED).key()
    with_prefix = replace(plain, query_prefix="query: ")
    assert len({plain.key(), with_prefix.key(), replace(plain, passage_prefix="query: ").key()}) == 3
    assert "prefix" not in plain.to_json()
    assert RetrievalSettings.from_json(with_prefix.to_json()) == with_prefix
    words = RetrievalSettings(("bm25",), depth=10)
    assert words.key() == replace(words, query_prefix="query: ").key()


def test_a_local_model_reads_the_prefix_and_the_text():
    plain, prefixed = SentenceEncoder(BUNDLED), SentenceEncoder(BUNDLED, query_prefix="query: ", passage_prefix="p: ")
    assert plain.key != prefixed.key
    assert plain.key == SentenceEncoder(BUNDLED, query_prefix="query: ").key, "queries are embedded when they are asked"
    assert abs(prefixed.encode_query("cats") - plain.encode_query("query: cats")).max() < 1e-5
    assert abs(prefixed.encode_documents(["cats"]) - plain.encode_documents(["p: cats"])).max() < 1e-5
    assert abs(prefixed.encode_query("cats") - plain.encode_query("cats")).max() > 1e-3
