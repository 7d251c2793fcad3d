from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from rerank_core.errors import SettingsError
from rerank_core.retrieval.hybrid import HybridRetriever
from rerank_core.retrieval.index import build_or_load
from rerank_core.retrieval.settings import RetrievalSettings

SETTINGS = RetrievalSettings(depth=10)
LANGUAGE = (("lang", ("de",)),)


@pytest.fixture
def corpus(corpus_of):
    texts = {f"{number:02}": "cat " * (number % 5 + 1) + "dog " * (number % 3) + f"n{number}" for number in range(40)}
    return corpus_of(texts, {docid: {"lang": "de" if int(docid) % 4 == 0 else "en"} for docid in texts})


@pytest.fixture
def first_stage(tmp_path, corpus, store, encoder):
    return build_or_load(tmp_path, corpus, "f1", SETTINGS, store, encoder=encoder)


def test_candidates_are_a_ranking_of_the_depth(first_stage):
    ranking = first_stage.retrieve("q1", "cat dog")
    assert (ranking.qid, ranking.system, len(ranking.docs)) == ("q1", "first-stage", 10)
    assert [doc.rank for doc in ranking.docs] == list(range(1, 11))
    assert ranking.seconds > 0


@pytest.mark.parametrize("fusion", ["rrf", "minmax", "zscore", "dbsf", "union"])
def test_every_candidate_says_which_retriever_found_it(first_stage, fusion):
    docs = first_stage.retrieve("q", "cat dog", replace(SETTINGS, fusion=fusion)).docs
    assert all(doc.found_by and set(doc.found_by) <= {"bm25", "dense"} for doc in docs)
    assert {name for doc in docs for name in doc.found_by} == {"bm25", "dense"}


def test_one_retriever_alone_gives_its_own_ranking(first_stage):
    only = first_stage.retrieve("q", "cat", replace(SETTINGS, retrievers=("bm25",))).docs
    assert all(doc.found_by == {"bm25": doc.rank} for doc in only)


def test_metadata_filters_fill_the_depth(first_stage):
    docids = first_stage.retrieve("q", "cat", replace(SETTINGS, filters=LANGUAGE)).docids
    assert len(docids) == 10
    assert all(int(docid) % 4 == 0 for docid in docids)


def test_a_filter_and_a_list_of_allowed_passages_must_both_be_passed(first_stage):
    filtered = replace(SETTINGS, filters=LANGUAGE)
    assert set(first_stage.retrieve("q", "cat", filtered, allowed=["00", "01", "04"]).docids) == {"00", "04"}


def test_a_filter_that_nothing_passes_finds_nothing(first_stage):
    assert first_stage.retrieve("q", "cat", replace(SETTINGS, filters=(("lang", ("fr",)),))).docs == ()


def test_the_corpus_is_walked_once_a_filter(first_stage, corpus):
    before = corpus.walks
    for query in ("cat", "dog", "n3"):
        first_stage.retrieve("q", query, replace(SETTINGS, filters=LANGUAGE))
    assert corpus.walks == before + 1


def test_filters_without_passages_are_refused_and_not_ignored():
    settings = replace(SETTINGS, filters=LANGUAGE)
    with pytest.raises(SettingsError, match="need the passages"):
        HybridRetriever({"bm25": object(), "dense": object()}, settings).retrieve("q", "cat")


@pytest.mark.parametrize("change", [{"k1": 2.0}, {"stemming": False}, {"dense_model": "other"}])
def test_settings_that_need_another_index_are_refused(first_stage, change):
    with pytest.raises(SettingsError, match="build it again"):
        first_stage.retrieve("q", "cat", replace(SETTINGS, **change))


def test_a_retriever_that_was_not_built_is_refused(tmp_path, corpus, store):
    only = build_or_load(tmp_path, corpus, "f1", replace(SETTINGS, retrievers=("bm25",)), store)
    with pytest.raises(SettingsError, match="dense"):
        only.retrieve("q", "cat", SETTINGS)


@pytest.mark.parametrize("query", ["", "the of", "zebra", "\ud83d", "x" * 10_000, "<script>", "مرحبا 🎉"])
def test_odd_queries_give_a_ranking(first_stage, query):
    assert first_stage.retrieve("q", query).qid == "q"


def test_an_empty_query_finds_nothing(first_stage):
    assert first_stage.retrieve("q", " ").docs == ()


def test_threads_get_the_same_answers(first_stage):
    queries = ["cat", "dog", "cat dog", "n3 cat", "n7"] * 8
    alone = [first_stage.retrieve("q", query).docs for query in queries]
    with ThreadPoolExecutor(8) as pool:
        assert [ranking.docs for ranking in pool.map(lambda query: first_stage.retrieve("q", query), queries)] == alone
