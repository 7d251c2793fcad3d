"""`tests.bench encode`: the same texts for engine and library, ratios paired within a round. No time asserted."""

from __future__ import annotations

import json

import pytest

from tests.bench.__main__ import main

FIGURES = {"seconds": 1, "texts_per_second": 1, "ratio": [1, 1, 1], "cpu_ratio": [1, 1, 1], "cosine": 1, "notes": ""}


def test_a_small_run_compares_vectors_with_the_librarys(capsys):
    assert main(["encode", "--json", "--cases", "embedding,tokens", "--texts", "6", "--rounds", "2"]) == 0
    result = json.loads(capsys.readouterr().out)
    for case in ("embedding", "tokens"):
        systems = result["cases"][case]
        assert list(systems) == ["library", "exact", "fast"]
        assert systems["library"]["ratio"] == [1, 1, 1]
        assert systems["exact"]["notes"].startswith("exact: float32")
        assert systems["exact"]["drift"] <= 1e-5
        assert systems["fast"]["cosine"] >= 0.99
    # there are only six passages
    assert result["in_common"] == 1


def test_all_run_one_model_even_where_each_opening_draws_other_weights(tmp_path):
    import torch
    from sentence_transformers import SentenceTransformer

    from tests.bench.encode import timing
    from tests.bench.encode.models import Case, bundled

    def opened(folder):
        model = SentenceTransformer(bundled(), device="cpu", local_files_only=True)
        torch.nn.init.normal_(model[0].model.embeddings.LayerNorm.weight)
        return model

    case = Case("sentence_embedding", opened, 1, "the bundled MiniLM with random scales")
    systems = timing.measure(case, timing.demo(4), 1, tmp_path)
    assert systems["exact"]["drift"] <= 1e-5
    assert systems["fast"]["cosine"] >= 0.9


@pytest.mark.parametrize("case", ["colbert", "splade", "modernbert"])
def test_a_case_that_is_opened_twice_has_the_same_weights(tmp_path, monkeypatch, case):
    import torch

    from tests.bench.encode import models

    monkeypatch.setattr(models, "LAYERS", 1)
    first, second = (models.CASES[case].open_model(tmp_path).state_dict() for _ in range(2))
    assert len(first) > 5
    assert [name for name, one in first.items() if not torch.equal(one, second[name])] == []


def test_a_case_whose_exact_vectors_are_not_the_librarys_is_said(monkeypatch, capsys):
    from tests.bench.encode import timing

    monkeypatch.setattr(timing, "measure", lambda *_: {"exact": {**FIGURES, "drift": 0.39}})
    assert main(["encode", "--cases", "colbert", "--texts", "1"]) == 0
    assert "colbert: exact differs from the library by 3.9e-01: its figures mean nothing" in capsys.readouterr().out


def test_the_growth_of_the_cost_has_a_row_for_each_size(tmp_path, monkeypatch):
    from tests.bench.encode import timing

    monkeypatch.setattr(timing, "GROWTH", ((3, 20), (2, 60)))
    rows = timing.growth(tmp_path)
    assert [row["texts"] for row in rows] == [3, 2]
    assert [row["mean_tokens"] for row in rows] == pytest.approx([20, 60], abs=3)
    assert rows[0]["ms_a_text"] == pytest.approx(1000 * rows[0]["cpu_seconds"] / 3)


def test_a_case_that_nobody_knows_is_refused_with_the_known_ones(capsys):
    assert main(["encode", "--cases", "pictures"]) != 0
    assert "pictures" in capsys.readouterr().err
