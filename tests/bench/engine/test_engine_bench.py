"""`tests.bench engine`: the same questions for both, steps that are done are not done again. No time is asserted."""

from __future__ import annotations

import json

from tests.bench.__main__ import main
from tests.bench.retrieve.timing import CHANGED


def test_both_are_filled_and_asked_and_a_second_call_goes_on(postgres_folder, capsys):
    # the questions are drawn from the second batch of the collection, of 8,192 passages
    words = ["engine", str(postgres_folder), "--passages", str(9 * CHANGED), "--dimensions", "8", "--queries", "3"]
    assert main([*words, "--steps", "2", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)["steps"]
    assert list(first) == ["make vectors", "embedded: build"]
    assert main([*words, "--json"]) == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    assert {name: steps[name] for name in first} == first
    assert steps["postgres: fill"]["per_second"] > 0
    assert main(words) == 0
    assert "postgres: HNSW, ef_search 200" in capsys.readouterr().out
    asked = steps["ask"]
    assert list(asked) == [
        "embedded",
        *(f"postgres: HNSW, ef_search {ef}" for ef in (100, 200, 400)),
        "postgres: exact",
    ]
    assert asked["postgres: exact"]["recall"] >= 0.99
    assert all(facts["recall"] > 0.5 for facts in asked.values())
    assert all(0 < facts["p50_ms"] <= facts["p95_ms"] for facts in asked.values())
