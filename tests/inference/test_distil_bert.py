"""DistilBERT through the engine: BERT's blocks, no types of tokens, a head of its own; the library's own output."""

from __future__ import annotations

from pathlib import Path

import pytest

from rerank_core.inference.engine import open_engine
from rerank_core.inference.precision import RUNNERS
from rerank_core.rerankers.catalogue.catalog import model_from_name
from rerank_core.rerankers.load import load
from rerank_core.rerankers.local.cross_encoder import EnginePairs
from tests.inference.test_scoring_engine import QUERY, TEXTS, library, predict
from tests.inference.test_text_engine import assert_same, dense, masked_lm, splade

pytestmark = pytest.mark.parametrize("runner", tuple(RUNNERS))


@pytest.fixture(autouse=True)
def pinned(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RERANK_LENS_RUNNER", runner)


@pytest.fixture(scope="module", params=["gelu", "relu"])
def folder(request: pytest.FixtureRequest, tiny: Path) -> Path:
    return made(tiny / f"distil-{request.param}", activation=request.param)


def made(place: Path, **facts) -> Path:
    import torch
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    from tests.rerankers.conftest import save, wordpiece

    torch.manual_seed(8)
    tokenizer = wordpiece()
    shape = {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64, "initializer_range": 0.3}
    config = DistilBertConfig(vocab_size=len(tokenizer), num_labels=1, **shape, **facts)
    model = DistilBertForSequenceClassification(config)
    for name, one in model.named_parameters():
        if "bias" in name:
            torch.nn.init.normal_(one, std=0.1)
    return save(place, model, tokenizer)


@pytest.mark.parametrize("most", [24, 512])
def test_scores_of_pairs_are_the_librarys(folder: Path, runner: str, most: int) -> None:
    model = library(folder, most)
    engine = open_engine(model.model, model.tokenizer, most, "exact", "cpu")
    for query in (QUERY, "", "fish " * 300):
        assert engine.score(query, TEXTS) == pytest.approx(predict(model, query, TEXTS), abs=1e-5)


def test_a_tokenizer_that_tells_no_types_is_understood(folder: Path, runner: str) -> None:
    model = library(folder)
    model.tokenizer.model_input_names = ["input_ids", "attention_mask"]
    engine = open_engine(model.model, model.tokenizer, 512, "exact", "cpu")
    assert engine.score(QUERY, TEXTS) == pytest.approx(predict(model, QUERY, TEXTS), abs=1e-5)


def test_a_reranker_of_this_shape_is_run_by_the_engine(folder: Path, runner: str) -> None:
    scorer = load(model_from_name("cross-encoder", str(folder)), device="cpu")
    assert isinstance(scorer, EnginePairs)
    assert scorer.notes() == ()


@pytest.mark.parametrize("precision", ["fast", "preview"])
def test_other_precisions_are_near(folder: Path, runner: str, precision: str) -> None:
    model = library(folder)
    wanted = predict(model, QUERY, TEXTS)
    engine = open_engine(model.model, model.tokenizer, 512, precision, "cpu")
    assert engine.score(QUERY, TEXTS) == pytest.approx(wanted, abs=0.2 * max(1.0, *map(abs, wanted)))


def test_vectors_of_texts_are_the_librarys(folder: Path, runner: str) -> None:
    assert_same(dense(folder))


def test_weights_of_terms_are_the_librarys(folder: Path, tmp_path: Path, runner: str) -> None:
    assert_same(splade(masked_lm(folder, tmp_path, "DistilBert")))
