"""Scores by grade, as a chart."""

from __future__ import annotations

import pytest

from rerank_core.evaluation.separation import separation
from rerank_core.types import Ranking, ScoredDoc
from rerank_core.views.scores import scores_chart, scores_frame

DOCS = (ScoredDoc("a", 4.0, 1), ScoredDoc("b", 3.9, 2), ScoredDoc("c", 0.0, 3))
FOUND = separation({"q": Ranking("q", "S", DOCS)}, {"q": {"a": 2, "b": 2}}, bins=4)


def test_each_bin_that_holds_a_score_is_a_row_with_its_share_of_the_grade():
    frame = scores_frame(FOUND)
    assert frame[["name", "low", "high", "passages", "share", "n"]].values.tolist() == [
        ["grade 2", 3.0, 4.0, 2, 1.0, 2],
        ["ungraded", 0.0, 1.0, 1, 1.0, 1],
    ]
    assert frame["median"].tolist() == pytest.approx([3.95, 0.0])


def test_the_threshold_is_drawn_where_there_is_one():
    drawn = scores_chart(FOUND, [0, 1, 2], 2.5).to_dict()
    assert [{"threshold": 2.5}] in drawn["datasets"].values()
    assert [] in scores_chart(FOUND, [0, 1, 2]).to_dict()["datasets"].values()
