from math import log

import pytest

from rerank_core.errors import CancelledError
from rerank_core.retrieval.bm25 import Bm25Retriever
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.types import Doc

SETTINGS = RetrievalSettings(retrievers=("bm25",))


@pytest.fixture
def index(tmp_path, corpus_of):
    def make(texts, **settings):
        return Bm25Retriever.build(corpus_of(texts), tmp_path / "bm25", RetrievalSettings(**settings))

    return make


def found(index, query, k=10, **more):
    return list(index.retrieve(query, k, **more).docids)


def test_the_score_is_lucenes_formula(index):
    scores = {
        doc.docid: doc.score
        for doc in index({"1": "apple apple pear", "2": "pear", "3": "plum"}).retrieve("apple pear", 10).docs
    }
    mean = (3 + 1 + 1) / 3
    apple, pear = log(1 + (3 - 1 + 0.5) / (1 + 0.5)), log(1 + (3 - 2 + 0.5) / (2 + 0.5))

    def part(tf, length):
        return tf / (tf + 0.9 * (1 - 0.4 + 0.4 * length / mean))

    assert scores == pytest.approx({"1": apple * part(2, 3) + pear * part(1, 3), "2": pear * part(1, 1)}, rel=1e-6)


def test_k1_and_b_come_from_the_settings(index):
    doc = index({"1": "apple apple", "2": "plum"}, k1=0.0, b=0.0).retrieve("apple", 10).docs[0]
    assert doc.score == pytest.approx(log(1 + (2 - 1 + 0.5) / (1 + 0.5)))  # with k1 = 0 only the idf is left


def test_equal_scores_are_ordered_by_docid_also_at_the_cut(index):
    retriever = index(dict.fromkeys(("d9", "b", "d10", "a", "c"), "same text") | {"z": "other words here"})
    assert found(retriever, "same") == ["a", "b", "c", "d10", "d9"]
    assert found(retriever, "same", k=3) == ["a", "b", "c"]


def test_a_better_passage_is_kept_when_the_cut_falls_into_a_tie(index):
    retriever = index({"a": "cat dog", "b": "cat dog", "z": "cat cat"})
    assert found(retriever, "cat", k=2) == ["z", "a"]


def test_passages_without_a_query_term_are_not_found(index):
    assert found(index({"1": "cat", "2": "dog"}), "cat") == ["1"]


@pytest.mark.parametrize("query", ["", "   ", "the of and", "?!…", "zebra", "🦓"])
def test_a_query_without_a_known_term_finds_nothing(index, query):
    ranking = index({"1": "the cat", "2": ""}).retrieve(query, 10, qid="q7")
    assert (ranking.qid, ranking.system, ranking.docs) == ("q7", "bm25", ())


def test_word_forms_are_found_and_stop_words_are_not(index):
    retriever = index({"1": "the runner was running", "2": "to be or not to be"})
    assert found(retriever, "runs") == ["1"]
    assert found(retriever, "be") == []


def test_without_stemming_only_the_same_word_is_found(index):
    assert found(index({"1": "running"}, stemming=False), "runs") == []


def test_without_the_stop_word_list_such_words_are_found(index):
    assert found(index({"1": "to be or not to be"}, stop_words=False), "be") == ["1"]


def test_the_title_is_searched(tmp_path, corpus_of):
    corpus = corpus_of({})
    corpus._docs.append(Doc("1", "body", title="Refunds"))
    assert found(Bm25Retriever.build(corpus, tmp_path / "i", SETTINGS), "refund") == ["1"]


def test_single_characters_are_words(index):
    assert found(index({"1": "plan B", "2": "plan C", "3": "error 5"}), "5") == ["3"]


def test_odd_texts_are_indexed_and_found(index):
    texts = {
        "long": "x" * 10_000 + " tail",
        "rtl": "שלום עולם مرحبا",
        "emoji": "party 🎉 time",
        "empty": "",
        "signs": "<script>alert(1)</script>",
        "surrogate": "half \ud83d pair",
    }
    retriever = index(texts)
    for query, docid in [
        ("x" * 10_000, "long"),
        ("مرحبا", "rtl"),
        ("party", "emoji"),
        ("script", "signs"),
        ("pair \ud83d", "surrogate"),
    ]:
        assert found(retriever, query) == [docid]


@pytest.mark.parametrize("texts", [{}, {"1": ""}, {"1": "the", "2": "..."}])
def test_a_corpus_without_terms_finds_nothing(index, texts):
    assert found(index(texts), "cat the") == []


def test_filters_apply_before_the_cut(index):
    retriever = index({str(place): "cat " * (10 - place) + "x" for place in range(10)})
    assert len(found(retriever, "cat", k=3)) == 3
    assert sorted(found(retriever, "cat", k=3, allowed={"7", "8", "9", "not there"})) == ["7", "8", "9"]
    assert found(retriever, "cat", allowed=frozenset()) == []


def test_a_loaded_index_answers_as_the_built_one(tmp_path, corpus_of):
    texts = {"007": "cat dog", "7": "cat cat", "x/y": "dog"}
    built = Bm25Retriever.build(corpus_of(texts), tmp_path / "i", SETTINGS)
    loaded = Bm25Retriever.load(tmp_path / "i")
    assert loaded.retrieve("cat dog", 10).docs == built.retrieve("cat dog", 10).docs
    assert {doc.docid for doc in loaded.retrieve("cat dog", 10).docs} == {"007", "7", "x/y"}


@pytest.mark.parametrize("step", ["Reading words", "Weighing words"])
def test_a_person_can_stop_it_and_nothing_is_left(tmp_path, corpus_of, step):
    def stop(done, total, message=""):
        if message == step:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        Bm25Retriever.build(corpus_of({"1": "cat"}), tmp_path / "i", SETTINGS, stop)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_to_the_screen(index, capfd):
    index({"1": "cat dog", "2": "bird"}).retrieve("cat", 10)
    assert capfd.readouterr() == ("", "")
