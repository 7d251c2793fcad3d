"""`tests.bench encode`: the same texts for engine and library, ratios paired within a round. No time asserted."""

from __future__ import annotations

import json

import pytest

from tests.bench.__main__ import main


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
