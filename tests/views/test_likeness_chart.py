"""Queries by how much two rankings differ, as a table and as bars."""

from __future__ import annotations

import pytest

from rerank_core.experiment.differences import QueryDifference
from rerank_core.types import Query
from rerank_core.views.differences import differences_frame
from rerank_core.views.likeness import distance_chart, likeness, likeness_frame

FOUND = {"q1": QueryDifference(0.2, 0.9, 0.5, 1.0), "q2": QueryDifference(0.0, 0.1, None, 0.25)}
DELTAS = differences_frame(
    {"q1": 0.2, "q2": 0.0}, {"q1": 0.7, "q2": 0.5}, {"q1": 0.5, "q2": 0.5}, {q: Query(q, q) for q in FOUND}
)


def test_the_table_keeps_the_order_that_was_asked_for():
    frame = likeness_frame(DELTAS, FOUND, ["q2", "q1"], k=5)
    assert frame["qid"].tolist() == ["q2", "q1"]
    assert frame["place"].tolist() == [1, 2]
    assert frame["RBO"].tolist() == [0.1, 0.9]
    assert frame["τ-AP"].isna().tolist() == [True, False]
    assert frame["Jaccard@5"].tolist() == [0.25, 1.0]
    assert frame["outcome"].tolist() == ["tied", "won"]


def test_bars_are_how_far_apart_the_orders_are():
    frame = likeness_frame(DELTAS, FOUND, ["q2", "q1"])
    rows = next(iter(distance_chart(frame, "rbo").to_dict()["datasets"].values()))
    assert [row["distance"] for row in rows] == pytest.approx([1 - 0.1, 1 - 0.9])


def test_the_likeness_in_words():
    assert likeness(FOUND["q1"], "rbo") == "RBO 0.9000"
    assert likeness(FOUND["q2"], "tau_ap") == "τ-AP –"
    assert likeness(FOUND["q2"], "jaccard", 5) == "Jaccard@5 0.2500"
