"""The heat map's numbers: every query under every system."""

from __future__ import annotations

import pytest

from rerank_core.types import Query
from rerank_core.views.heat_map import heat_chart, heat_frame, heat_table

BASE = {"q1": 0.5, "q2": 0.5, "q3": 0.2}
PER_QUERY = {"B": {"q1": 0.9, "q2": 0.1, "q3": 0.202}, "C": {"q1": 0.5, "q2": 0.4, "q3": 0.2}}
LABELS = {"B": "Bee", "C": "Sea"}
QUERIES = {qid: Query(qid, f"text of {qid}") for qid in BASE}
LINKS = {qid: f"Compare?q={qid}" for qid in BASE}


def frame():
    return heat_frame(PER_QUERY, BASE, LABELS, QUERIES, ["q2", "q1", "q3"])


def test_each_query_has_a_cell_under_each_system_in_the_given_order():
    found = frame()
    assert len(found) == 3 * 2
    assert found[found["system"] == "Bee"]["qid"].tolist() == ["q2", "q1", "q3"]
    assert found[found["system"] == "Bee"]["difference"].tolist() == pytest.approx([0.1 - 0.5, 0.9 - 0.5, 0.002])


def test_a_sign_says_what_the_colour_says_and_rounding_has_none():
    assert frame()["sign"].tolist() == ["–", "+", "", "–", "", ""]


def layers(as_difference, found=None):
    return heat_chart(frame() if found is None else found, "nDCG@10", LINKS, as_difference).to_dict()["layer"]


def test_a_change_is_coloured_evenly_to_both_sides_of_nothing():
    color = layers(as_difference=True)[0]["encoding"]["color"]
    assert color["scale"]["domain"] == pytest.approx([-0.4, 0, 0.4])
    assert len(layers(as_difference=True)) == 2


def test_a_value_is_coloured_from_0_to_1_and_has_no_sign():
    drawn = layers(as_difference=False)
    assert drawn[0]["encoding"]["color"]["scale"]["domain"] == [0, 1]
    assert len(drawn) == 1


def test_a_click_on_a_cell_follows_the_link_of_its_query():
    chart = heat_chart(frame(), "nDCG@10", LINKS, as_difference=True).to_dict()
    rows = next(iter(chart["datasets"].values()))
    assert {row["qid"]: row["link"] for row in rows} == LINKS
    assert chart["layer"][0]["encoding"]["href"]["field"] == "link"


def test_300_queries_have_no_signs_that_nobody_could_read():
    qids = [f"q{number}" for number in range(300)]
    many = heat_frame(
        {"B": dict.fromkeys(qids, 0.5)}, dict.fromkeys(qids, 0.4), LABELS, {q: Query(q, q) for q in qids}, qids
    )
    chart = heat_chart(many, "nDCG@10", dict.fromkeys(qids, "Compare"), as_difference=True).to_dict()
    assert len(chart["layer"]) == 1
    assert len(next(iter(chart["datasets"].values()))) == 300


def test_the_table_says_the_same_with_a_column_a_system():
    table = heat_table(frame(), LINKS, as_difference=False)
    assert table["qid"].tolist() == ["q2", "q1", "q3"]
    assert table["Bee"].tolist() == [0.1, 0.9, 0.202]
    assert table["Sea"].tolist() == [0.4, 0.5, 0.2]
    assert table["Open"].tolist() == ["Compare?q=q2", "Compare?q=q1", "Compare?q=q3"]
    assert heat_table(frame(), LINKS, as_difference=True)["Sea"].tolist() == pytest.approx([-0.1, 0.0, 0.0])
