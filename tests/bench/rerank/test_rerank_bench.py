"""`tests.bench rerank`: the same pairs for all, ratios paired within a round, absent peers named. No time asserted."""

from __future__ import annotations

import json

import numpy as np
import pytest

from rerank_core.inference.encoders.encoder_weights import read_weights
from tests.bench.__main__ import main
from tests.bench.rerank.world import SPREAD, pairs, tau, write_model


@pytest.fixture(scope="module")
def tokenizer():
    from tests.rerankers.conftest import wordpiece

    return wordpiece()


def test_pairs_have_the_wished_mean_length_and_are_the_same_each_time(tokenizer):
    query, texts = pairs(tokenizer, 300, 100)
    lengths = [len(ids) for ids in tokenizer([[query, text] for text in texts])["input_ids"]]
    assert np.mean(lengths) == pytest.approx(100, abs=1.5)
    # log-normal: the logarithm of the passages' own lengths spreads as it says
    own = np.log(np.array([len(text.split()) for text in texts]))
    assert own.std() == pytest.approx(SPREAD, rel=0.15)
    assert (query, texts) == pairs(tokenizer, 300, 100)


def test_tau_is_that_of_concordant_and_discordant_pairs():
    # of the six pairs of 1, 2, 3, 4 only (3, 4) is turned round: (5 - 1) / 6
    assert tau([1, 2, 3, 4], [1, 2, 4, 3]) == pytest.approx((5 - 1) / 6)


def test_the_operations_are_those_of_the_products_that_are_done(tmp_path):
    from transformers import AutoModelForSequenceClassification

    write_model("minilm-l6", tmp_path)
    weights = read_weights(AutoModelForSequenceClassification.from_pretrained(str(tmp_path)))
    width, inner, tokens = 384, 1536, 10
    block = 2 * (4 * width * width + 2 * width * inner)
    last = 2 * (2 * width * width)  # keys and values of every token
    once = 2 * (2 * width * width + 2 * width * inner)  # query, output and the two wide products of the first token
    attention = 4 * width * (5 * tokens * tokens + tokens)
    assert weights.flops(tokens) == tokens * (5 * block + last) + once + attention


def test_a_small_run_prints_all_systems_and_names_what_is_not_installed(capsys, monkeypatch):
    from tests.bench.rerank import timing as rerank_bench

    monkeypatch.setattr(rerank_bench, "missing", lambda name: "a_module" if name == "onnx" else "")
    words = ["rerank", "--json", "--pairs", "6", "--tokens", "24", "--rounds", "2", "--against"]
    assert main([*words, "predict-16,onnx"]) == 0
    result = json.loads(capsys.readouterr().out)
    systems = result["systems"]
    assert list(systems) == ["exact", "fast", "preview", "predict", "predict-16"]
    assert result["absent"] == {"onnx": "a_module"}
    assert systems["predict"]["ratio"] == [1, 1, 1]
    assert systems["predict"]["max_drift"] <= 1e-5
    assert systems["exact"]["tau"] == pytest.approx(1)
    assert systems["exact"]["runs_as"].startswith("exact: float32 by ")
    assert systems["preview"]["max_drift"] > 0
    assert set(result["matrix_rate"]) >= {"float32", "int8"}
    assert all(rate["gflops"] > 0 for rate in result["matrix_rate"].values())


def test_a_peer_that_nobody_knows_is_refused_with_the_known_ones(capsys):
    assert main(["rerank", "--against", "predict,teleport"]) != 0
    assert "teleport" in capsys.readouterr().err


def test_the_growth_of_the_cost_has_a_row_for_each_size(tmp_path, monkeypatch):
    from tests.bench.rerank import timing as rerank_bench

    monkeypatch.setattr(rerank_bench, "GROWTH", ((1, 4, 20), (3, 2, 40)))
    rows = rerank_bench.growth(rerank_bench.Asked("minilm-l6", 4, 20, 1, ()), tmp_path)
    assert [(row["queries"], row["pairs"]) for row in rows] == [(1, 4), (3, 2)]
    assert rows[1]["ms_a_pair"] == pytest.approx(1000 * rows[1]["seconds"] / (3 * 2))
