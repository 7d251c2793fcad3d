"""Query variants: what is read of an answer, what is searched with it, under which key."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from rerank_core.errors import SettingsError
from rerank_core.retrieval.bm25 import Bm25Retriever
from rerank_core.retrieval.dense import DenseRetriever
from rerank_core.retrieval.hybrid import HybridRetriever
from rerank_core.retrieval.query_variants.cost import writing_cost
from rerank_core.retrieval.query_variants.prompts import KINDS, PROMPTS
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.retrieval.query_variants.reading import UnusableError, read_written
from rerank_core.retrieval.query_variants.search_text import SearchText, searches, unpacked, vector_of
from rerank_core.retrieval.settings import RetrievalSettings

TEXTS = {"1": "cat cat", "2": "cat dog", "3": "dog", "4": "fish", "5": "bird fish"}
WORDS = RetrievalSettings(("bm25",), depth=10, language="en", stop_words=False)


def variant(kind, **more):
    return QueryVariant(kind, "m", "http://here/v1", **more)


@pytest.mark.parametrize(
    ("kind", "answer", "texts"),
    [
        ("hyde", "Terns dive for fish.\nThey nest on beaches.", ["Terns dive for fish. They nest on beaches."]),
        ("hyde", "Here is the passage:\nTerns dive for fish.", ["Terns dive for fish."]),
        ("rewrite", "what do terns eat", ["what do terns eat"]),
        ("rewrite", '"what do terns eat"', ["what do terns eat"]),
        ("rewrite", "Rewritten query: what do terns eat", ["what do terns eat"]),
        ("rewrite", "```\nwhat do terns eat\n```", ["what do terns eat"]),
        (
            "several",
            "1. tern food\n2. prey of terns\n3. what terns eat",
            ["tern food", "prey of terns", "what terns eat"],
        ),
        ("several", "Here are the queries:\n- tern food\n- prey of terns", ["tern food", "prey of terns"]),
        ("several", '["tern food", "prey of terns"]', ["tern food", "prey of terns"]),
        ("several", "TERN diet\ntern food\nTern  Food", ["Tern Food"]),
        ("expand", "fish, sand eels; diet", ["fish", "sand eels"]),
        ("expand", "- fish\n- Sterna hirundo", ["fish", "Sterna hirundo"]),
    ],
)
def test_an_answer_is_read_in_its_usual_forms(kind, answer, texts):
    assert list(read_written(variant(kind), "tern diet", answer)) == texts


@pytest.mark.parametrize(
    ("kind", "answer", "why"),
    [
        ("hyde", " ", "gave an empty answer"),
        ("hyde", "I'm sorry, I can't help with that.", "refused"),
        ("hyde", "word " * 2000, "9,999 characters where a short passage"),
        ("rewrite", "what do terns eat\nor: tern diet", "gave 2 lines where one query"),
        ("rewrite", "x" * 501, "501 characters where a query"),
        ("several", "a\nb\nc\nd", "gave 4 lines where 3 queries"),
        ("several", "Tern diet", "gave no other query"),
        ("expand", "tern, diet", "gave no term that is not in the query"),
        ("expand", "I would add the words fish and sand eels to this query", "gave sentences where terms"),
    ],
)
def test_what_is_no_answer_is_never_searched_for(kind, answer, why):
    with pytest.raises(UnusableError, match=why):
        read_written(variant(kind), "tern diet", answer)


def test_each_kind_has_a_prompt_and_the_number_of_queries_is_put_into_it():
    assert set(PROMPTS) == set(KINDS)
    assert "Write 5 other queries" in variant("several", queries=5).system
    own = variant("hyde", prompt="Answer in Latin.")
    assert own.system == "Answer in Latin."
    assert own.label == "HyDE by m, own prompt"


def test_a_variant_is_read_back_and_what_cannot_be_is_refused():
    one = variant("several", queries=4, prompt="Write {{n}}.")
    assert QueryVariant.from_dict(json.loads(json.dumps(one.to_dict()))) == one
    for bad, why in (
        ({"kind": "dream", "model": "m"}, "Unknown query variant 'dream'"),
        ({"kind": "hyde", "model": " "}, "needs the name"),
        ({"kind": "hyde"}, "needs a kind and a model"),
        ({"kind": "hyde", "model": "m", "address": "http://me:pw@x/v1"}, "without user, password"),
        ({"kind": "hyde", "model": "m", "key_variable": "sk-secret"}, "never the key"),
        ({"kind": "hyde", "model": "m", "heat": 1}, "has no heat"),
        ({"kind": "several", "model": "m", "queries": 11}, "from 1 to 10"),
    ):
        with pytest.raises(SettingsError, match=why) as caught:
            QueryVariant.from_dict(bad)
        assert "sk-secret" not in str(caught.value)


def test_the_key_follows_what_is_asked_and_the_settings_without_a_variant_keep_theirs():
    hyde = variant("hyde")
    with_it = replace(WORDS, variant=hyde)
    assert with_it.key() != WORDS.key()
    assert RetrievalSettings.from_json(with_it.to_json()) == with_it
    assert "variant" not in json.loads(WORDS.to_json())
    assert replace(WORDS, variant=replace(hyde, prompt=PROMPTS["hyde"])).key() == with_it.key()
    assert replace(WORDS, variant=replace(hyde, key_variable="MY_KEY", timeout=5.0)).key() == with_it.key()
    assert replace(WORDS, variant=replace(hyde, queries=7)).key() == with_it.key()  # only "several" reads it
    for other in ({"model": "n"}, {"address": "http://there/v1"}, {"prompt": "Other."}, {"kind": "rewrite"}):
        assert replace(WORDS, variant=replace(hyde, **other)).key() != with_it.key()
    assert with_it.label() == "BM25, HyDE by m, 10 candidates"
    # an imported run has its lists already: no variant changes them
    runs = RetrievalSettings(("run:theirs",), depth=10)
    assert replace(runs, variant=hyde).key() == runs.key()


def test_what_is_searched_for_each_kind():
    assert searches(variant("hyde"), "cat", ["a cat naps"]) == (SearchText("cat", "a cat naps"),)
    assert searches(variant("rewrite"), "cat", ["felines"]) == (SearchText("felines"),)
    assert searches(variant("expand"), "cat", ["pet", "house"]) == (SearchText("cat pet house"),)
    assert SearchText("cat", "a cat naps").words == "cat cat cat cat cat a cat naps"
    for one in (SearchText("cat"), SearchText("cat", "a cat\nnaps")):
        assert unpacked(one.packed) == one


@pytest.fixture
def stage(tmp_path, corpus_of, encoder, store):
    corpus = corpus_of(TEXTS)
    words = Bm25Retriever.build(corpus, tmp_path / "bm25", WORDS)
    dense = DenseRetriever.build(corpus, tmp_path / "dense", encoder, store)
    return HybridRetriever({"bm25": words, "dense": dense}, replace(WORDS, retrievers=("bm25", "dense")), corpus)


def test_hyde_searches_by_the_mean_of_both_vectors_and_by_the_words_of_both(stage, encoder):
    search = SearchText("cat", "fish fish")
    # (1, 0, 0, 0) and (0, 0, 1, 0): the mean points to both alike
    assert vector_of(search, encoder) == pytest.approx([np.sqrt(0.5), 0, np.sqrt(0.5), 0])
    settings = RetrievalSettings(("dense",), depth=10, variant=variant("hyde"))
    docs = {doc.docid: doc.score for doc in stage.retrieve("q", "cat", settings, searches=(search,)).docs}
    assert docs["1"] == pytest.approx(np.sqrt(0.5))
    assert docs["4"] == pytest.approx(np.sqrt(0.5))
    assert docs["3"] == pytest.approx(0)
    by_words = replace(WORDS, variant=variant("hyde"))
    assert stage.retrieve("q", "cat", by_words, searches=(search,)).docids == ("1", "2", "4", "5")
    assert stage.retrieve("q", "cat", WORDS).docids == ("1", "2")


def test_several_queries_are_fused_by_reciprocal_ranks(stage):
    settings = replace(WORDS, variant=variant("several"))
    found = stage.retrieve("q", "dog", settings, searches=(SearchText("dog"), SearchText("cat"), SearchText("fish")))
    scores = {doc.docid: doc.score for doc in found.docs}
    # dog: 3, 2; cat: 1, 2; fish: 4, 5
    assert scores == pytest.approx({"2": 2 / 62, "1": 1 / 61, "3": 1 / 61, "4": 1 / 61, "5": 1 / 62})
    assert found.docids == ("2", "1", "3", "4", "5")
    assert found.docs[0].found_by == {"bm25": 1}


def test_a_query_is_never_searched_without_its_variant(stage):
    with pytest.raises(SettingsError, match="nothing is written for this query"):
        stage.retrieve("q", "cat", replace(WORDS, variant=variant("rewrite")))


def test_the_cost_counts_each_text_once_and_says_what_is_not_known():
    # the prompt and the fenced query at four characters a token
    one = writing_cost(variant("hyde", prompt="x" * 400), ["cat", "cat"], 5)
    assert (one.queries, one.total, one.input_tokens, one.output_tokens) == (1, 5, 100 + 5, 120)
    assert one.sentence().endswith("the price is not known.")
    known = writing_cost(QueryVariant("rewrite", "gpt-4o-mini"), [f"query {n}" for n in range(1000)], 1000, [10] * 20)
    assert known.observed
    assert known.output_tokens == 10_000
    assert known.usd == pytest.approx((known.input_tokens * 0.15 + 10_000 * 0.6) / 1e6)
    assert "1,000 queries to write" in known.sentence()
    assert "$0.15 in and $0.6 out" in known.sentence()
    assert writing_cost(variant("hyde"), [], 5).sentence() == "Everything is written already: nothing is sent."
