"""What every family must do, run over all of them."""

from __future__ import annotations

import math

import pytest

from rerank_core.rerankers.catalogue.catalog import get, model_from_name
from rerank_core.rerankers.load import load
from rerank_core.rerankers.rerank import rerank
from rerank_core.types import Doc, Query, Ranking, ScoredDoc
from tests.support.flag_folders import need_flag

TEXTS = [
    "Terns dive for small fish near the coast.",
    "A kestrel hovers over fields and hunts voles.",
    "Otters eat fish and live beside rivers, yes.",
    "Puffins nest in burrows on cliffs, no trees there.",
]
QUERY = "who eats fish"
# name -> (family, fixture of a tiny model or None for the bundled row, settings)
FAMILIES = {
    "minilm-cosine": ("bi-encoder", None, {}),
    "minilm-maxsim": ("late-interaction", None, {}),
    "bert": ("cross-encoder", "bert_folder", {}),
    "xlmr": ("cross-encoder", "xlmr_folder", {}),
    "qwen3": ("yes-no", "qwen3_folder", {"max_length": 512}),
    "qwen2": ("yes-no", "qwen2_folder", {"max_length": 512, "template": "mxbai", "instruction": ""}),
    "colbert": ("late-interaction", "colbert_folder", {}),
    "splade": ("sparse", "splade_folder", {"max_length": 128}),
    "flag-bert": ("flag", "bert_folder", {"max_length": 128}),
    "flag-xlmr": ("flag", "xlmr_folder", {"max_length": 128}),
    "flag-gemma": ("flag-llm", "gemma_folder", {"max_length": 128, "precision": "float32"}),
    "minicpm": ("flag-layerwise", "minicpm_folder", {"max_length": 128, "precision": "float32", "layer": 3}),
    "gemma2": (
        "flag-lightweight",
        "gemma2_folder",
        {"max_length": 128, "precision": "float32", "compress_ratio": 2, "compress_layers": "1,3"},
    ),
}


@pytest.fixture(scope="module", params=list(FAMILIES))
def scorer(request: pytest.FixtureRequest):
    family, fixture, settings = FAMILIES[request.param]
    if family in ("flag", "flag-llm"):
        need_flag()
    model = get(request.param) if fixture is None else model_from_name(family, str(request.getfixturevalue(fixture)))
    return load(model, settings, device="cpu")


def test_scores_are_python_floats_one_for_each_text_and_finite(scorer) -> None:
    scores = scorer.score(QUERY, TEXTS)
    assert len(scores) == len(TEXTS)
    assert {type(score) for score in scores} == {float}
    assert all(map(math.isfinite, scores))


def test_scores_differ_between_texts(scorer) -> None:
    assert len(set(scorer.score(QUERY, TEXTS))) > 1


def test_scores_follow_the_order_of_the_texts(scorer) -> None:
    forward, backward = scorer.score(QUERY, TEXTS), scorer.score(QUERY, TEXTS[::-1])
    assert backward[::-1] == pytest.approx(forward, abs=1e-4)


def test_one_text_scores_as_it_does_among_others(scorer) -> None:
    assert scorer.score(QUERY, [TEXTS[2]]) == pytest.approx([scorer.score(QUERY, TEXTS)[2]], abs=1e-4)


def test_the_same_call_twice_gives_the_same_answer(scorer) -> None:
    assert scorer.score(QUERY, TEXTS) == scorer.score(QUERY, TEXTS)


def test_no_texts_give_no_scores(scorer) -> None:
    assert scorer.score(QUERY, []) == []


def test_empty_texts_and_an_empty_query_have_a_score(scorer) -> None:
    assert all(map(math.isfinite, scorer.score(QUERY, ["", TEXTS[0]])))
    assert all(map(math.isfinite, scorer.score("", TEXTS)))


def test_equal_texts_get_equal_scores(scorer) -> None:
    first, _, last = scorer.score(QUERY, [TEXTS[0], TEXTS[1], TEXTS[0]])
    assert first == pytest.approx(last, abs=1e-5)


def test_two_hundred_texts_are_scored(scorer) -> None:
    texts = [f"{TEXTS[number % 3]} Number {number}" for number in range(200)]
    assert len(scorer.score(QUERY, texts)) == 200


def test_what_the_model_does_not_see_is_reported_and_changes_nothing(scorer) -> None:
    long = "fish " * 20_000
    cut = scorer.limit.tokens_cut(QUERY, [long, TEXTS[0]])
    tokens = scorer.limit.count([long])[0]
    assert cut[1] == 0
    assert 20_000 - scorer.limit.max_tokens <= cut[0] < tokens
    # a text that differs only in what is cut scores the same
    assert scorer.score(QUERY, [long]) == pytest.approx(scorer.score(QUERY, [long + " otters"]), abs=1e-5)


def test_a_ranking_knows_how_many_tokens_were_cut(scorer) -> None:
    docs = {"long": Doc("long", "fish " * 20_000), "short": Doc("short", TEXTS[0])}
    candidates = Ranking("q", "first", (ScoredDoc("short", 2.0, 1), ScoredDoc("long", 1.0, 2)))
    cut = {doc.docid: doc.tokens_cut for doc in rerank(scorer, "s", Query("q", QUERY), candidates, docs).docs}
    assert cut["short"] == 0
    assert cut["long"] > 19_000
