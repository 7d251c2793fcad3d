"""`tests.bench train`, in small: by words alone over the demo, so that no model is asked."""

from __future__ import annotations

import json

from rerank_core.shell.answer import DONE, USAGE
from rerank_core.training import linear, nested
from tests.bench.__main__ import main


def test_a_collection_gives_one_row_per_system(capsys, monkeypatch):
    init = nested.Fitter.__init__
    few = linear.CHOICES[3:4]
    monkeypatch.setattr(
        nested.Fitter, "__init__", lambda self, *a, **named: init(self, *a, **{"choices": few, **named})
    )
    words = ["--systems", "first-stage", "--retrievers", "bm25", "--depth", "20", "--folds", "2"]
    assert main(["train", "--json", *words]) == DONE
    found = json.loads(capsys.readouterr().out)
    assert found["rows"][0]["name"] == "learned blend"
    assert all(0 < row["value"] <= 1 for row in found["rows"])
    assert found["machine"]


def test_a_collection_that_is_not_there_is_named(capsys):
    assert main(["train", "--json", "--collection", "nothing"]) == USAGE
    assert "there is no collection at" in capsys.readouterr().err
