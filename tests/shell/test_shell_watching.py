"""The verb watch: what it prints, how it exits, and the canary with a real model."""

from __future__ import annotations

import json

import pytest

from rerank_core.__main__ import main
from rerank_core.ranking import canary_scores
from rerank_core.shell.answer import DONE, NO, NOTHING, USAGE
from rerank_core.store import datasets
from rerank_core.types import Doc, Query
from tests.support.traffic import DRIFT, draw_requests, write_own_log


@pytest.fixture
def watch(workspace, capsys):
    def call(*words):
        code = main(["--workspace", str(workspace.path), "watch", *map(str, words)])
        return code, capsys.readouterr().out

    return call


def test_a_line_per_alert_and_exit_code_1(watch, tmp_path):
    log = write_own_log(tmp_path / "log.jsonl", draw_requests(1_500, seed=1, fault=DRIFT, since=1_000))
    code, printed = watch(log)
    assert code == NO
    (line,) = printed.splitlines()
    assert line.startswith("scores moved: mini: scores are 0.")
    again, told = watch(log, "--json")
    value = json.loads(told)
    assert (again, value["logs"][0]["new_requests"], value["alerts"]) == (NO, 0, [line])


def test_quiet_traffic_prints_nothing_unless_asked(watch, tmp_path):
    log = write_own_log(tmp_path / "log.jsonl", draw_requests(1_500, seed=2))
    assert watch(log) == (DONE, "")
    code, printed = watch("--all", "--budget", "p95=500")
    assert code == DONE
    assert "No alert." in printed
    assert "p95 is" in printed


def test_no_traffic_is_nothing_to_check(watch):
    code, printed = watch()
    assert code == NOTHING
    assert "no requests yet" in printed


@pytest.mark.parametrize(
    "words", [["--last", "soon"], ["--budget", "p90=1"], ["--reference", "x"], ["--false-alarms", "2"]]
)
def test_wrong_options_are_wrong_usage(watch, words):
    assert watch(*words)[0] == USAGE


def test_the_canary_finds_another_model_behind_the_name(watch, workspace, monkeypatch):
    with workspace.write() as db:
        row = datasets.begin_dataset(db, "birds", "birds")
        texts = [
            "gulls steal chips",
            "terns dive for fish",
            "owls hunt voles at night",
            "ducks eat bread",
            "gulls sleep",
        ]
        datasets.add_docs(db, row, [Doc(f"d{n}", text) for n, text in enumerate(texts)])
        datasets.add_queries(db, row, [Query("q1", "what do gulls steal"), Query("q2", "who hunts voles")])
        datasets.finish_dataset(db, row, {})
    assert watch("--canary", "minilm-cosine")[0] == USAGE  # no dataset to take pairs from
    code, printed = watch("--canary", "minilm-cosine", "--dataset", "birds")
    assert (code, "a canary of" in printed) == (DONE, True)
    assert watch("--canary", "minilm-cosine") == (DONE, "")  # cron sends no mail for it
    code, printed = watch("--canary", "minilm-cosine", "--all")
    assert (code, "the model is the one of" in printed) == (DONE, True)
    real = canary_scores.score_pairs
    shifted = lambda *a: {model: [score * 0.9 for score in own] for model, own in real(*a).items()}  # noqa: E731
    monkeypatch.setattr(canary_scores, "score_pairs", shifted)
    code, printed = watch("--canary", "minilm-cosine")
    assert code == NO
    assert "minilm-cosine: the model behind this name changed between 20" in printed
