"""Clicks: what place does to them, two lists side by side, grades of their own kind. Numbers are worked out by hand."""

import json
from math import log2

import pytest

from rerank_core.monitoring.click_grades import agreement_with_people, fit_logged, keep_click_grades
from rerank_core.monitoring.importing import import_log
from rerank_core.monitoring.position_bias import METHOD, fit
from rerank_core.monitoring.side_by_side import BEFORE, TwoLists, clicked_rise, compare, pair_names, two_lists
from rerank_core.store import datasets, judgments
from rerank_core.store.traffic_clicks import clicked
from rerank_core.store.traffic_grades import click_grades
from rerank_core.store.traffic_requests import LoggedDoc, LoggedList, walk_lists
from rerank_core.types import Doc, Judgment, Query


def showings(query, docid, place, shown, clicks):
    return [(query, docid, place, number < clicks) for number in range(shown)]


def swapped():
    """Place 2 is looked at half as often as place 1; "a" attracts 0.4, "b" 0.2."""
    return [
        *showings("q", "a", 1, 1_000, 400), *showings("q", "b", 2, 1_000, 100),
        *showings("q", "b", 1, 1_000, 200), *showings("q", "a", 2, 1_000, 200),
    ]  # fmt: skip


def test_places_and_passages_are_told_apart():
    model = fit(swapped())
    assert model.looked_at == {1: 1.0, 2: pytest.approx(0.5, abs=0.005)}
    assert model.pairs["q", "a"].value == pytest.approx(0.4, abs=0.005)
    assert model.pairs["q", "b"].value == pytest.approx(0.2, abs=0.005)
    assert (model.pairs["q", "a"].shown, model.pairs["q", "a"].clicks) == (2_000, 600)


def test_what_always_stood_at_one_place_tells_nothing():
    assert fit([*showings("q", "a", 1, 1_000, 400), *showings("q", "b", 2, 1_000, 100)]) is None
    # places 3 and 4 change with each other and not with place 1
    apart = [*showings("p", "c", 3, 500, 90), *showings("p", "c", 4, 500, 80)]
    assert set(fit([*swapped(), *apart]).looked_at) == {1, 2}


def test_few_clicks_tell_nothing():
    assert fit([*showings("q", "a", 1, 9, 4), *showings("q", "a", 2, 9, 2)]) is None


def test_two_lists_raw_and_corrected():
    pairs = [TwoLists("r", "q", ("a", "b", "c"), ("b", "a", "d"), frozenset({"b"}))]
    found = compare(pairs, {1: 1.0, 2: 0.5})
    gain = 1 - 1 / log2(3)
    assert (found.raw.other, found.raw.one) == (1, 0)
    assert found.gain[0] == pytest.approx(gain / 0.5)
    assert found.overlap == pytest.approx(2 / 3)
    # RBO_ext of abc and bad at p 0.9, by hand: agreement 0, 1, 2/3
    assert found.rbo == pytest.approx(0.1 / 0.9 * (0 + 0.9**2 + 2 / 3 * 0.9**3) + 2 / 3 * 0.9**3)
    assert compare([]) is None


def test_a_rare_look_weighs_more_than_many_common_ones():
    """Two clicks at place 1 for the shown list, one at place 5 for the other; place 5 is looked at one time in ten."""
    shown, other = ("a", "b", "c", "d", "e"), ("e", "a", "b", "c", "d")
    pairs = [TwoLists(f"r{n}", "q", shown, other, frozenset(own)) for n, own in enumerate([{"a"}, {"a"}, {"e"}])]
    found = compare(pairs, {1: 1.0, 2: 0.8, 3: 0.5, 4: 0.2, 5: 0.1})
    raw = 2 * (1 / log2(3) - 1) + (1 - 1 / log2(6))
    assert raw < 0 < found.gain[0] * 3
    assert found.gain[0] * 3 == pytest.approx(2 * (1 / log2(3) - 1) + 10 * (1 - 1 / log2(6)))
    assert (found.corrected.other, found.corrected.one) == (1, 0)


def logged(request, system, docs, role="served", query="q"):
    places = tuple(LoggedDoc(docid, 1.0, before) for docid, before in docs)
    return LoggedList(1, request, system, role, 0.0, query, places)


def test_lists_of_one_request_are_paired():
    lists = [
        logged("r1", "mini", [("b", 2), ("a", 1)]),
        logged("r1", "other", [("a", 1), ("b", 2)], "shadow"),
        logged("r2", "mini", [("a", 1)]),
    ]
    assert pair_names(lists) == [("mini", BEFORE), ("mini", "other")]
    (pair,) = two_lists(lists, {"r1": frozenset({"b"})}, "mini", "other")
    assert (pair.one, pair.other, pair.clicked) == (("b", "a"), ("a", "b"), {"b"})
    assert [own.other for own in two_lists(lists, {}, "mini", BEFORE)] == [("a", "b"), ("a",)]


def test_how_far_the_clicked_passage_had_risen():
    lists = [logged("r1", "mini", [("c", 3), ("a", 1), ("b", 2)]), logged("r2", "mini", [("a", 1)], query="p")]
    rise = clicked_rise(lists, {"r1": frozenset({"c", "b"}), "r2": frozenset({"a"})})["mini"]
    assert (rise.clicks, rise.queries, rise.rose, rise.fell) == (3, 2, 1, 1)
    assert rise.mean == pytest.approx((2 - 1 + 0) / 3)


@pytest.fixture
def clicked_dataset(workspace, tmp_path):
    """One query and two passages, shown in both orders, and the one below clicked nearly as often."""
    with workspace.write() as db:
        row = datasets.begin_dataset(db, "birds", "birds", {0: "no", 1: "yes"})
        datasets.add_docs(db, row, [Doc("a", "about gulls"), Doc("b", "about terns")])
        datasets.add_queries(db, row, [Query("q1", "Gulls")])
        datasets.finish_dataset(db, row, {})
        grades = [
            Judgment("q1", docid, grade, "ann", "human", "", "2026-01-01", "") for docid, grade in (("a", 0), ("b", 1))
        ]
        judgments.import_judgments(db, row, grades)
    rows, clicks = [], ["request,docid"]
    for number in range(400):
        order = ["a", "b"] if number % 8 else ["b", "a"]
        rows.append({"request": f"r{number}", "time": 1e9 + number, "query": "gulls", "results": [*order, "elsewhere"]})
        place_a, place_b = order.index("a"), order.index("b")
        # "b" attracts 0.6 and "a" 0.4, the second place is looked at half as often
        if number % 10 < (4 if place_a == 0 else 2):
            clicks.append(f"r{number},a")
        if number % 10 < (6 if place_b == 0 else 3):
            clicks.append(f"r{number},b")
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "clicks.csv").write_text("\n".join(clicks))
    import_log(workspace, log)
    import_log(workspace, tmp_path / "clicks.csv")
    return workspace


def test_click_grades_are_kept_apart_and_corrected(clicked_dataset):
    space = clicked_dataset
    model = fit_logged(space)
    assert keep_click_grades(space, "birds", model) == 2  # the passage that the dataset lacks has none
    with space.open() as db:
        row = datasets.get_dataset(db, "birds")
        best, second = click_grades(db, row.id)
        assert (best.docid, second.docid, best.method) == ("b", "a", METHOD)
        # raw, "a" is ahead: it stood first seven times as often
        assert second.clicks / second.shown > best.clicks / best.shown
        assert best.text_hash == Doc("b", "about terns").text_hash
        assert judgments.qrels(db, row.id) == {"q1": {"a": 0, "b": 1}}
        assert {one.judge for one in judgments.in_force(db, row.id)} == {"ann"}
    found = agreement_with_people(space, "birds")
    assert (found.pairs, found.same, found.raw_same) == (1, 1, 0)


def test_grades_go_with_their_dataset(clicked_dataset):
    keep_click_grades(clicked_dataset, "birds", fit_logged(clicked_dataset))
    with clicked_dataset.write() as db:
        datasets.drop_dataset(db, datasets.get_dataset(db, "birds").id)
        assert db.execute("SELECT count(*) FROM click_grade").fetchone()[0] == 0
        assert clicked(db)
        assert next(walk_lists(db)).docs
