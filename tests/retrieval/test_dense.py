from math import sqrt

import numpy as np
import pytest

from rerank_core.errors import CancelledError, RerankLensError
from rerank_core.retrieval.dense import DenseRetriever
from rerank_core.types import no_progress

TEXTS = {"1": "cat", "2": "cat dog", "3": "fish", "4": "cat cat dog"}


@pytest.fixture
def index(tmp_path, corpus_of, encoder, store):
    def make(texts, name="dense", progress=no_progress):
        return DenseRetriever.build(corpus_of(texts), tmp_path / name, encoder, store, progress)

    return make


def test_the_score_is_the_cosine(index):
    scores = {doc.docid: doc.score for doc in index(TEXTS).retrieve("cat", 10).docs}
    # vectors are kept in half precision: three digits
    assert scores == pytest.approx({"1": 1.0, "4": 2 / sqrt(5), "2": 1 / sqrt(2), "3": 0.0}, abs=1e-3)


def test_the_best_come_first_and_the_cut_holds(index):
    assert index(TEXTS).retrieve("cat", 2, qid="q").docids == ("1", "4")


def test_equal_texts_tie_and_are_ordered_by_docid_also_at_the_cut(index):
    retriever = index(dict.fromkeys(("d9", "b", "d10", "a"), "cat dog"))
    docs = retriever.retrieve("cat", 3).docs
    assert [doc.docid for doc in docs] == ["a", "b", "d10"]
    assert len({doc.score for doc in docs}) == 1


def test_equal_texts_are_embedded_once(index, encoder):
    index({"1": "cat", "2": "cat", "3": "dog"})
    assert sorted(encoder.embedded) == ["cat", "dog"]


def test_passages_without_text_are_never_found(index, encoder):
    assert index({"1": "", "2": " \n", "3": "cat"}).retrieve("fish", 10).docids == ("3",)
    assert encoder.embedded == ["cat"]


@pytest.mark.parametrize("texts", [{}, {"1": ""}])
def test_a_corpus_without_text_finds_nothing(index, texts):
    assert index(texts).retrieve("cat", 10).docs == ()


@pytest.mark.parametrize("query", ["", " \t"])
def test_an_empty_query_finds_nothing_and_is_not_embedded(index, encoder, query):
    assert index(TEXTS).retrieve(query, 10).docs == ()
    assert encoder.queries == []


def test_a_query_is_embedded_once(index, encoder):
    retriever = index(TEXTS)
    assert retriever.retrieve("cat", 2).docs == retriever.retrieve("cat", 2).docs
    assert encoder.queries == ["cat"]


def test_filters_apply_before_the_cut(index):
    assert index(TEXTS).retrieve("cat", 2, allowed={"2", "3"}).docids == ("2", "3")
    assert index(TEXTS).retrieve("cat", 2, allowed=()).docs == ()


def test_a_second_build_embeds_nothing_and_is_the_same_to_the_last_bit(index, encoder):
    first = index(TEXTS, "first").retrieve("cat dog", 10).docs
    encoder.embedded.clear()
    assert index(TEXTS, "second").retrieve("cat dog", 10).docs == first
    assert encoder.embedded == []


def test_only_a_changed_text_is_embedded_again(index, encoder):
    index(TEXTS, "first")
    encoder.embedded.clear()
    retriever = index(TEXTS | {"3": "bird"}, "second")
    assert encoder.embedded == ["bird"]
    assert retriever.retrieve("bird", 1).docids == ("3",)


def test_a_loaded_index_answers_as_the_built_one_and_embeds_nothing(index, encoder, tmp_path):
    built = index(TEXTS).retrieve("cat", 10).docs
    encoder.embedded.clear()
    assert DenseRetriever.load(tmp_path / "dense", encoder).retrieve("cat", 10).docs == built
    assert encoder.embedded == []


def test_a_build_that_was_stopped_keeps_what_it_embedded_and_goes_on_there(index, encoder, tmp_path):
    def stop(done, total, message=""):
        raise CancelledError("stopped")

    texts = {"1": "cat", "2": "dog", "3": "fish", "4": "bird"}
    with pytest.raises(CancelledError):
        index(texts, progress=stop)
    assert list(tmp_path.iterdir()) == []
    assert len(encoder.embedded) == encoder.batch_size
    index(texts)
    assert sorted(encoder.embedded) == sorted(texts.values())


def test_progress_goes_up_to_the_number_of_passages(index):
    seen = []
    index(TEXTS, progress=lambda done, total, message="": seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (len(TEXTS), len(TEXTS))
    assert len(seen) >= len(TEXTS) / 2  # batches of two


@pytest.mark.parametrize("claimed", [1, 3])
def test_a_corpus_that_changes_underneath_gives_no_index(corpus_of, encoder, store, tmp_path, claimed):
    class Changing(type(corpus_of({}))):
        def __len__(self):
            return claimed

    corpus = Changing(corpus_of({"1": "cat", "2": "dog"}).docs())
    with pytest.raises(RerankLensError, match="changed"):
        DenseRetriever.build(corpus, tmp_path / "dense", encoder, store)
    assert list(tmp_path.iterdir()) == []


def test_many_rows_give_the_same_order_as_a_full_sort(corpus_of, store, tmp_path):
    class Random:
        key, batch_size, note = "random", 64, ""

        def encode_documents(self, texts):
            vectors = np.stack([np.random.default_rng(int(text)).normal(size=16) for text in texts])
            return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

        def encode_query(self, text):
            return self.encode_documents([text])[0]

    texts = {f"d{number}": str(number % 200) for number in range(5000)}  # over one window; 25 of each text
    retriever = DenseRetriever.build(corpus_of(texts), tmp_path / "dense", Random(), store)
    everything = retriever.retrieve("7", 5000).docs
    assert [(-doc.score, doc.docid) for doc in everything] == sorted((-doc.score, doc.docid) for doc in everything)
    assert retriever.retrieve("7", 30).docs == everything[:30]
    assert {doc.docid for doc in everything[:25]} == {docid for docid, text in texts.items() if text == "7"}
