"""What somebody sees who has just installed the app."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def test_the_start_page_names_what_is_loaded_and_what_is_ready(first_run):
    assert (
        "Your search as it is (no reranker), MiniLM bi-encoder (cosine), MiniLM late interaction (MaxSim)"
        in first_run.start_text
    )
    assert "Datasets" in first_run.start_text


def test_three_systems_stand_side_by_side_with_the_ideal_order(first_run):
    assert first_run.labels[:3] == [
        "Your search as it is (no reranker)",
        "MiniLM bi-encoder (cosine)",
        "MiniLM late interaction (MaxSim)",
    ]
    assert first_run.labels[3] == "Ideal order"
    assert first_run.cards == {"first-stage": 25, "minilm-cosine": 25, "minilm-maxsim": 25, "ideal": 25}


def test_the_demo_is_measured_from_the_first_moment(first_run):
    values = {system: float(text) for system, text in first_run.ndcg.items()}
    assert set(values) == {"first-stage", "minilm-cosine", "minilm-maxsim", "ideal"}
    assert all(0 < value <= 1 for value in values.values())
    assert values["ideal"] == max(values.values())


def test_the_server_complains_of_nothing_while_it_starts(first_run):
    log = first_run.app.workspace.path.with_suffix(".server.log").read_text(encoding="utf-8")
    assert "URL: http" in log
    assert "No runtime found" not in log
    assert "Traceback" not in log
