"""The tables and charts of the page Evaluate: their numbers."""

from __future__ import annotations

from itertools import pairwise
from math import log2

import pytest

from rerank_core.evaluation.explain import explain_ndcg, ndcg_elsewhere
from rerank_core.evaluation.latency import Timed, latencies
from rerank_core.evaluation.moves import Move, WhatMoved
from rerank_core.evaluation.names import parse_measure
from rerank_core.evaluation.pareto import Point, pareto_front
from rerank_core.evaluation.slices import SliceDelta
from rerank_core.experiment.depth import DepthPoint
from rerank_core.experiment.efficiency import Efficiency
from rerank_core.experiment.losses import system_losses
from rerank_core.experiment.summary import summarise
from rerank_core.types import Query
from rerank_core.views.depth import depth_chart, depth_frame, depth_time_chart
from rerank_core.views.differences import biggest, differences_chart, differences_frame
from rerank_core.views.efficiency import COST, P50, P95, break_evens, efficiency_columns, latency_frame
from rerank_core.views.explain import elsewhere_frame, gains_frame, ideal_frame, sum_line
from rerank_core.views.losses import loss_chart, loss_frame, query_losses_frame, recall_chart, recall_frame
from rerank_core.views.moves import moved
from rerank_core.views.pareto import pareto_chart, pareto_frame
from rerank_core.views.slices import slices_chart, slices_frame
from rerank_core.views.summary import summary_frame, unjudged_frame
from tests.support.whole_sets import whole_set

SECOND = 1 / log2(3)
QUERIES = {qid: Query(qid, f"text of {qid}") for qid in ("q1", "q2", "q3", "q4")}


def rows_of(chart):
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


def test_the_summary_says_who_is_better_and_leaves_open_what_is_not_shown():
    qids = [f"q{number}" for number in range(20)]
    orders = {
        "A": dict.fromkeys(qids, "ba"),
        "B": dict.fromkeys(qids, "ab"),
        "C": dict.fromkeys(qids, "ba") | {"q0": "ab"},
        "D": dict.fromkeys(qids, None),
    }
    whole = whole_set({qid: {"a": 1, "b": 0} for qid in qids}, orders)
    frame = summary_frame(summarise(whole, [parse_measure("nDCG@10")], "A", 1))
    assert frame["Verdict"].tolist() == ["baseline", "▲ better", "? too close", "– not compared"]
    assert frame["nDCG@10"].tolist()[:2] == [pytest.approx(SECOND), 1.0]
    assert frame["Δ"].tolist()[1:3] == [pytest.approx(1 - SECOND), pytest.approx((1 - SECOND) / 20)]
    assert frame["Won / tied / lost"].tolist()[1:3] == ["20 / 0 / 0", "1 / 19 / 0"]
    # the same on every query: resampling cannot show a spread
    assert frame["95 % interval"].notna().tolist() == [False, False, True, False]
    assert frame["Queries"].tolist() == [20, 20, 20, 0]
    assert frame["Failed"].tolist() == [0, 0, 0, 20]


def test_the_unjudged_table_leaves_out_who_ranked_nothing():
    whole = whole_set({"q1": {"a": 1}}, {"A": {"q1": "ba"}, "B": {"q1": None}})
    frame = unjudged_frame(summarise(whole, [parse_measure("nDCG@10")], "A", 1))
    assert frame["System"].tolist() == ["System A"]
    assert frame[["nDCG@10", "Highest", "Condensed nDCG@10"]].iloc[0].tolist() == pytest.approx([SECOND, 1.0, 1.0])
    assert frame["Holes"].tolist() == [1]


DELTAS = {"q1": -0.5, "q2": 0.25, "q3": 0.0, "q4": -0.1}


def test_differences_stand_from_the_biggest_win_to_the_biggest_loss():
    frame = differences_frame(
        DELTAS, {"q1": 0.25, "q2": 1.0, "q3": 0.5, "q4": 0.4}, dict.fromkeys(DELTAS, 0.5), QUERIES
    )
    assert frame["qid"].tolist() == ["q2", "q3", "q4", "q1"]
    assert frame["outcome"].tolist() == ["won", "tied", "lost", "lost"]
    assert frame.iloc[3][["place", "query", "difference", "system", "baseline"]].tolist() == [
        4, "text of q1", -0.5, 0.25, 0.5,
    ]  # fmt: skip
    assert biggest(frame, "lost") == ["q1", "q4"]
    assert biggest(frame, "lost", most=1) == ["q1"]
    assert biggest(frame, "won") == ["q2"]
    assert len([row for row in rows_of(differences_chart(frame, "nDCG@10", "B", "A")) if row["place"] > 1]) == 3


def test_a_move_in_one_line():
    best, wrong = Move("d1", 3, 9, 1, 2.0), Move("d2", 0, 1, 7, 0.0)
    assert moved(WhatMoved(best, None, False, 3), {"d1": "Sea"}) == "a grade-3 passage from 9 to 1 (Sea)"
    assert moved(WhatMoved(best, wrong, False, 3), {"d1": "Sea", "d2": "Ad"}) == (
        "a grade-3 passage from 9 to 1 (Sea); a grade-0 out of the top 3 (Ad)"
    )
    assert moved(WhatMoved(None, Move("d2", 0, None, 1, 0.0), True, 3), {}) == "a grade-0 into the top 3 (d2)"
    new = Move("d2", 1, None, 4, 0.1)
    assert moved(WhatMoved(new, None, False, 3), {}) == "a grade-1 passage from nowhere to 4 (d2)"
    assert moved(WhatMoved(None, None, False, 3), {}) == "no graded passage moved"


def test_the_three_parts_of_a_loss_add_up_to_one():
    qrels = {"q1": {"a": 1, "z": 1}, "q2": {"a": 1}}
    losses = system_losses(whole_set(qrels, {"A": {"q1": "ba", "q2": "ab"}, "B": {"q1": None}}), ("q1", "q2"))
    frame = loss_frame(losses)
    ideal = 1 + SECOND
    assert frame["part"].tolist() == ["reached", "lost by ordering", "lost by retrieval"]
    assert frame["value"].tolist() == pytest.approx(
        [(SECOND / ideal + 1) / 2, (1 - SECOND) / ideal / 2, (1 - 1 / ideal) / 2]
    )
    assert frame["value"].sum() == pytest.approx(1.0)
    assert len(rows_of(loss_chart(frame, 10))) == 3
    queries = query_losses_frame(losses["A"], QUERIES)
    assert queries["qid"].tolist() == ["q1", "q2"]
    assert queries.iloc[0][["Reached", "Possible"]].tolist() == pytest.approx([SECOND / ideal, 1 / ideal])


def test_recall_by_depth_in_order_with_a_rule_at_the_chosen_one():
    curve = {50: 0.9, 10: 0.5}
    assert recall_frame(curve).values.tolist() == [[10, 0.5], [50, 0.9]]
    assert {"candidates": 20} in rows_of(recall_chart(curve, 20))


def test_slices_keep_their_order_and_few_queries_are_marked():
    slices = [SliceDelta("tag: x", 5, -0.2, 1, 3, 1), SliceDelta("tag: y", 4, 0.0, 0, 0, 4), SliceDelta("z", 0, None, 0, 0, 0)]  # fmt: skip  # noqa: E501
    frame = slices_frame(slices)
    assert frame["slice"].tolist() == ["tag: x", "tag: y"]
    assert frame["outcome"].tolist() == ["hurts", "no change"]
    assert frame["few"].tolist() == [False, True]
    assert "tag: x  (n = 5)" in [row["label"] for row in rows_of(slices_chart(frame, "nDCG@10"))]


def test_why_this_number_adds_up():
    found = explain_ndcg(["x", "d2", "d1"], {"d1": 3, "d2": 1, "d9": 2})
    gains, ideal = gains_frame(found, {"d1": "Sea"}), ideal_frame(found, {})
    assert gains["Contribution"].sum() == pytest.approx(1 * SECOND + 3 / 2)
    assert ideal["Contribution"].sum() == pytest.approx(3 + 2 * SECOND + 1 / 2)
    assert gains["Passage"].tolist() == ["x", "d2", "Sea"]
    assert gains["Grade"].isna().tolist() == [True, False, False]
    assert ideal["Stands at"].isna().tolist() == [False, True, False]
    value = (SECOND + 1.5) / (3 + 2 * SECOND + 0.5)
    assert sum_line(found) == f"DCG@10 {SECOND + 1.5:.4f} ÷ ideal DCG@10 {3.5 + 2 * SECOND:.4f} = {value:.4f}"


def test_a_query_without_a_relevant_passage_is_said_to_be_0():
    assert sum_line(explain_ndcg(["a"], {"a": 0})) == "No passage of this query is graded as relevant, so nDCG@10 is 0."


def test_the_values_of_the_field_begin_with_ours():
    frame = elsewhere_frame(ndcg_elsewhere(["a", "b"], {"a": 0, "b": 1}))
    assert len(frame) == 6
    assert frame["Value"][0] == pytest.approx(SECOND)
    assert frame["Who"][0].startswith("here; trec_eval")


def efficiency(label, seconds, local=True, service_cost=None):
    timed = [Timed(one, False, 10) for one in seconds]
    stages = (*latencies("score", timed), *latencies("total", timed))
    mean = sum(seconds) / len(seconds) if seconds else None
    return Efficiency(label, stages, 1, "", "cpu", local, service_cost, mean)


def test_times_are_milliseconds_and_cost_is_a_share_of_the_hour():
    found = {"A": efficiency("A", [0.1, 0.3]), "S": efficiency("S", [1.0], local=False, service_cost=2.0)}
    columns = efficiency_columns(found, 3.6)
    assert columns[P50].tolist() == pytest.approx([200, 1000])
    assert columns[P95].tolist() == pytest.approx([100 + 0.95 * 200, 1000])
    assert columns[COST].tolist() == pytest.approx([1000 * 0.2 * 3.6 / 3600, 2.0])
    assert efficiency_columns(found, None)[COST].isna().tolist() == [True, False]
    frame = latency_frame(found)
    assert frame[["System", "Stage"]].values.tolist() == [
        ["A", "score"],
        ["A", "total"],
        ["S", "score"],
        ["S", "total"],
    ]
    assert frame["Pairs per second"][0] == pytest.approx(20 / 0.4)
    assert frame["Pairs per second"].isna().tolist() == [False, True, False, True]


def test_from_how_many_queries_an_hour_a_machine_is_cheaper():
    service = efficiency("Service", [1.0], local=False, service_cost=2.0)
    found = {"A": efficiency("Own", [0.2]), "S": service}
    # an hour of $1 buys 500 searches; the machine answers 3600 / 0.2 = 18,000
    assert break_evens(found, 1.0) == [
        "Own on one such machine costs less than Service from 500 queries per hour on (it answers at most 18,000)."
    ]
    assert "at any load" in break_evens({"A": efficiency("Own", [20.0]), "S": service}, 1.0)[0]


def test_the_front_and_what_is_beaten():
    points = [Point("A", 0.6, 0.01), Point("B", 0.5, 0.2), Point("C", 0.7, 0.3), Point("D", 0.9, None)]
    front = pareto_front(points, ("quality", "latency"))
    frame = pareto_frame(points, front)
    assert frame[["system", "place", "by"]].values.tolist() == [
        ["A", "worth considering", ""],
        ["B", "another is better and faster", "A"],
        ["C", "worth considering", ""],
    ]
    assert frame["ms"].tolist() == pytest.approx([10, 200, 300])
    assert len(rows_of(pareto_chart(frame, "nDCG@10"))) == 3


def test_names_of_neighbouring_points_do_not_lie_on_each_other():
    names = ["MiniLM bi-encoder (cosine)", "MiniLM late interaction", "BM25 again"]
    points = [Point(name, 0.5, 0.010, None) for name in names] + [Point("far away", 0.9, 1.0, None)]
    frame = pareto_frame(points, pareto_front(points, ("quality", "latency")))
    ups = dict(zip(frame["system"], frame["up"], strict=True))
    heights = sorted(ups[name] for name in names)
    assert all(after - before >= 16 for before, after in pairwise(heights))
    assert ups["far away"] == 16
    texts = [
        layer["mark"] for layer in pareto_chart(frame, "nDCG@10").to_dict()["layer"] if layer["mark"]["type"] == "text"
    ]
    assert sorted(mark["dy"] for mark in texts) == sorted({-up for up in ups.values()})


def test_the_depth_curve_tells_measured_from_estimated():
    points = [
        DepthPoint(10, 0.5, 3, 10.0, 0.01, None, 0, 0.1),
        DepthPoint(20, 0.6, 3, 20.0, 0.01, 0.2, 3, 0.2),
        DepthPoint(50, 0.6, 3, 50.0, None, None, 0, None),
    ]
    frame = depth_frame(points)
    assert frame["how"].tolist() == ["estimated", "measured", ""]
    assert frame["score"].tolist()[:2] == pytest.approx([100, 200])
    drawn = depth_chart(frame, "nDCG@10", 20)
    assert {"depth": 20} in rows_of(drawn)
    assert drawn.to_dict()["layer"][1]["encoding"]["y"]["scale"]["domain"] == pytest.approx([0.45, 0.65])
    assert [row["depth"] for row in rows_of(depth_time_chart(frame))] == [10, 20]
