"""Exact scores and vectors are the library's to 1e-5, whichever runner this machine finds the fastest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rerank_core.inference.device import abilities
from rerank_core.inference.encoders.openvino_encoder import OpenVinoEncoder, OpenVinoTokens
from rerank_core.inference.engine import open_engine
from rerank_core.inference.pair_tokens import UnknownModelError
from rerank_core.inference.precision import RUNNERS, Runner, plan, ways
from rerank_core.inference.texts.text_engine import TextEngine, open_texts, vectors
from tests.inference.test_modern_bert import body as modern_body
from tests.inference.test_scoring_engine import QUERY, TEXTS, doubled, library, predict
from tests.inference.test_text_engine import assert_same, dense, late, masked_lm, splade

pytestmark = pytest.mark.parametrize("runner", tuple(RUNNERS))


@pytest.fixture(autouse=True)
def pinned(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RERANK_LENS_RUNNER", runner)


def assert_runs_by(runner: Runner, description: str, modern: bool = False) -> None:
    """The engine says that it ran so, where that is possible here."""
    here = abilities("cpu")
    possible = {way.runner for way in ways(plan("exact", here), here)} - ({"openvino"} if modern else set())
    if runner in possible:
        assert description.startswith(f"exact: float32 by {RUNNERS[runner]}, ")


@pytest.mark.parametrize("fixture", ["bert_folder", "xlmr_folder"])
def test_scores_of_pairs(request: pytest.FixtureRequest, runner: Runner, fixture: str) -> None:
    model = library(request.getfixturevalue(fixture))
    engine = open_engine(model.model, model.tokenizer, 512, "exact", "cpu")
    assert_runs_by(runner, engine.description)
    for query in (QUERY, ""):
        assert engine.score(query, TEXTS) == pytest.approx(predict(model, query, TEXTS), abs=1e-5)


@pytest.mark.parametrize("streams", [1, 3])
def test_many_pairs_in_packs_at_once(bert_folder: Path, monkeypatch, runner: Runner, streams: int) -> None:
    monkeypatch.setattr("rerank_core.inference.engine._threads", lambda: streams)
    model = library(bert_folder)
    engine = open_engine(model.model, model.tokenizer, 512, "exact", "cpu")
    texts = [f"{TEXTS[number % 9]} {number}" for number in range(60)]
    assert engine.score(QUERY, texts) == pytest.approx(predict(model, QUERY, texts), abs=1e-5)


def test_scores_of_modern_pairs(runner: Runner) -> None:
    import torch
    from transformers import ModernBertConfig, ModernBertForSequenceClassification

    from tests.rerankers.conftest import wordpiece

    tokenizer = wordpiece()
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    torch.manual_seed(9)
    facts = {**modern_body(vocab_size=len(tokenizer)).config.to_dict(), "num_labels": 1}
    model = ModernBertForSequenceClassification(ModernBertConfig(**facts)).eval()
    encoded = tokenizer([[QUERY, text] for text in TEXTS], truncation="longest_first", max_length=128, padding=True,
                        return_tensors="pt")  # fmt: skip
    with torch.inference_mode():
        wanted = model(**encoded).logits[:, 0].tolist()
    engine = open_engine(model, tokenizer, 128, "exact", "cpu")
    assert_runs_by(runner, engine.description, modern=True)
    assert engine.score(QUERY, TEXTS) == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("fixture", ["bert_folder", "xlmr_folder"])
def test_vectors_of_texts(request: pytest.FixtureRequest, runner: Runner, fixture: str) -> None:
    assert_runs_by(runner, assert_same(dense(request.getfixturevalue(fixture))).description)


def test_vectors_of_tokens(colbert_folder: Path, runner: Runner) -> None:
    assert_runs_by(runner, assert_same(late(colbert_folder), output="token_embeddings").description)


def test_weights_of_terms(bert_folder: Path, tmp_path: Path, runner: Runner) -> None:
    assert_runs_by(runner, assert_same(splade(masked_lm(bert_folder, tmp_path, "Bert"))).description)


def test_vectors_of_modern_texts(tmp_path: Path, runner: Runner) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    from tests.rerankers.conftest import save, wordpiece

    tokenizer = wordpiece()
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    transformer = Transformer(str(save(tmp_path, modern_body(vocab_size=len(tokenizer)), tokenizer)))
    whole = SentenceTransformer(modules=[transformer, Pooling(32, "mean")], device="cpu").eval()
    assert_runs_by(runner, assert_same(whole).description, modern=True)


def test_a_runner_whose_scores_are_not_the_models_own_gives_way_to_the_next(
    bert_folder: Path, monkeypatch: pytest.MonkeyPatch, runner: Runner
) -> None:
    """OpenVINO's are wrong here by little more than what exact promises."""
    real = OpenVinoEncoder.__call__
    monkeypatch.setattr(OpenVinoEncoder, "__call__", lambda self, pairs: [one + 3e-5 for one in real(self, pairs)])
    model = library(bert_folder)
    engine = open_engine(model.model, model.tokenizer, 512, "exact", "cpu")
    assert engine.plan.runner != "openvino"
    assert engine.score(QUERY, TEXTS) == pytest.approx(predict(model, QUERY, TEXTS), abs=1e-5)


def test_a_runner_whose_vectors_are_not_the_models_own_gives_way_to_the_next(
    bert_folder: Path, monkeypatch: pytest.MonkeyPatch, runner: Runner
) -> None:
    real = OpenVinoTokens.__call__
    monkeypatch.setattr(OpenVinoTokens, "__call__", lambda self, texts: [one + 3e-4 for one in real(self, texts)])
    model = dense(bert_folder)
    wanted = model.encode(TEXTS)
    engine = open_texts(model, "exact", "cpu", "sentence_embedding")
    assert isinstance(engine, TextEngine)
    assert engine.plan.runner != "openvino"
    assert np.stack(vectors(engine, TEXTS, "document", "sentence_embedding")) == pytest.approx(wanted, abs=1e-5)


def test_where_all_are_wrong_the_model_is_refused(bert_folder: Path, runner: Runner) -> None:
    model = library(bert_folder)
    inner = doubled(model.model)
    with pytest.raises(UnknownModelError, match="differ from the model's own"):
        open_engine(inner, model.tokenizer, 512, "exact", "cpu")


def test_fast_and_preview_are_near_whoever_runs_them(bert_folder: Path, runner: Runner) -> None:
    model = library(bert_folder)
    wanted = np.array(predict(model, QUERY, TEXTS))
    for precision in ("fast", "preview"):
        engine = open_engine(model.model, model.tokenizer, 512, precision, "cpu")
        assert np.abs(np.array(engine.score(QUERY, TEXTS)) - wanted).max() < 0.2 * max(1.0, np.abs(wanted).max())
