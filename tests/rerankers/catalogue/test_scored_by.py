"""Which code scores a model is told before it is loaded."""

from __future__ import annotations

import json

import pytest

from rerank_core.rerankers.catalogue.catalog import get, model_from_name
from rerank_core.rerankers.catalogue.scored_by import ENGINE, scored_by


@pytest.mark.parametrize("folder", ["bert_folder", "xlmr_folder"])
def test_models_of_the_engines_shapes_are_its(request, folder):
    assert scored_by(model_from_name("cross-encoder", str(request.getfixturevalue(folder)))) == ENGINE


def test_another_architecture_says_why_not(bert_folder, tmp_path):
    for file in bert_folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text("utf-8"))
    config["architectures"] = ["DebertaV2ForSequenceClassification"]
    (tmp_path / "config.json").write_text(json.dumps(config), "utf-8")
    model = model_from_name("cross-encoder", str(tmp_path))
    assert (
        scored_by(model)
        == "its library: DebertaV2ForSequenceClassification is not of BERT's, XLM-R's or ModernBERT's shape"
    )
    (tmp_path / "modules.json").write_text('[{"idx": 0}, {"idx": 1}]', "utf-8")
    assert scored_by(model) == "its library: it is made of several modules"
    named = [{"type": f"sentence_transformers.{name}"} for name in ("Transformer", "Pooling", "Dense")]
    (tmp_path / "modules.json").write_text(json.dumps([*named, {"type": "somebodys.Own"}]), "utf-8")
    assert scored_by(model) == "its library: its module Own is not known"
    (tmp_path / "config.json").write_text(json.dumps(config | {"architectures": ["ModernBertModel"]}), "utf-8")
    (tmp_path / "modules.json").write_text(json.dumps(named), "utf-8")
    assert scored_by(model) == ENGINE
    (tmp_path / "modules.json").write_text("not JSON", "utf-8")
    assert scored_by(model) == ""


def test_other_families_and_models_that_are_not_here_say_nothing():
    assert scored_by(get("minilm-cosine")) == ""
    assert scored_by(get("ms-marco-minilm-l6-v2")) == ""
