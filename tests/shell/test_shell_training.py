"""Training from a shell: the answer first, its exit codes, the blend kept and served as any system."""

from __future__ import annotations

import json

import pytest

import rerank_core as rl
from rerank_core.__main__ import main
from rerank_core.systems.learned.spec import Learned
from rerank_core.systems.systems import get_system
from rerank_core.training import nested
from rerank_core.training.linear import CHOICES
from tests.support.tiny_models import tiny_cross_encoder
from tests.support.training_worlds import numbers_world

VIEW = (
    "train",
    "--dataset",
    "numbers",
    "--retrievers",
    "bm25",
    "--depth",
    "10",
    "--systems",
    "first-stage",
    "--folds",
    "2",
)


@pytest.fixture
def call(workspace, capsys, monkeypatch):
    init = nested.Fitter.__init__
    monkeypatch.setattr(
        nested.Fitter, "__init__", lambda self, *args, **named: init(self, *args, **{"choices": CHOICES[3:4], **named})
    )

    def run(*words):
        code = main(["--workspace", str(workspace.path), *map(str, words)])
        return code, capsys.readouterr()

    return run


def test_the_answer_is_printed_and_the_blend_is_kept(workspace, call):
    numbers_world(workspace)
    code, out = call(*VIEW, "--save-as", "ours", "--strict")
    assert code == 0
    assert out.out.startswith("Worth it: the learned blend beats the tuned first stage by +0.")
    assert "It lacks 60 more graded pairs." in out.out
    assert "Saved as 'ours'. It carries the mark of the 30 queries that it has seen." in out.out
    assert isinstance(get_system(workspace, "ours").spec, Learned)


def test_nothing_that_holds_is_exit_code_1_where_strict(workspace, call):
    numbers_world(workspace, graded_right=False)
    code, out = call(*VIEW, "--json", "--strict")
    assert code == 1
    assert json.loads(out.out)["outcome"] != "worth it"


def test_too_few_grades_are_wrong_usage(workspace, call):
    numbers_world(workspace, queries=5)
    code, out = call(*VIEW)
    assert code == 2
    assert "5 queries have grades, and 20 are needed" in out.err


def test_a_model_is_trained_priced_and_kept_and_a_notebook_finds_it_again(workspace, call, tmp_path):
    experiment = numbers_world(workspace)
    start = f"cross-encoder:{tiny_cross_encoder(tmp_path / 'start')}"
    code, out = call(*VIEW, "--model", "cross-encoder", "--start", start, "--save-as", "ours")
    assert code == 0
    assert "the trained cross-encoder" in out.out
    assert "Draw the learning curve: it trains a model each from a quarter" in out.out
    assert "Measure every query out of fold: it trains a model for each of the other three quarters" in out.out
    assert "Saved as 'ours'. It carries the mark of the 22 queries that it has seen." in out.out
    # what is trained already is not trained again
    found = rl.train(experiment, model="cross-encoder", start=start, bar=False)
    assert str(found).startswith(found.found["sentence"])
    assert next(iter(found.table()["name"])) == "trained cross-encoder"
    assert found.found["folder"] == get_system(workspace, "ours").model.source
    assert found.save("again") == "again"
    code, out = call(*VIEW, "--model", "distilled", "--teacher", "minilm-cosine")
    assert code == 2
    assert "A teacher is one of the systems that are compared: none" in out.err
