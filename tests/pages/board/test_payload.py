import json

import pytest

from pages.ui.board.payload import BoardData, Column, Figure, Passage, Row, SyncData
from pages.ui.outbox.events import GradeEvent, parse_outbox
from rerank_core.store.scales import Grade

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"


def raw(**changes):
    event = {"client_id": ONE, "seq": 1, "kind": "grade", "docid": "007", "grade": 3, "ts": 1_700_000_000_000}
    return {**event, "qid": "q1", "outbox_key": "demo", **changes}


def data(**changes):
    settings = {
        "outbox_key": "demo",
        "qid": "q1",
        "query": "refund",
        "scale": [Grade(0, "no"), Grade(1, "yes")],
        "docs": {"007": Passage([("Refunds", True)], [("not after 14 days", False)], [("BM25", 3)])},
        "columns": [Column("bm25", "BM25", [Row("007", 1, score=1.5)])],
        "baseline": "bm25",
        "measures": ["nDCG@10"],
    }
    return BoardData(**{**settings, **changes})


def test_a_well_formed_event_comes_through_whole():
    expected = GradeEvent(ONE, 1, "grade", "007", 3, 1_700_000_000_000, "q1", "demo")
    assert parse_outbox([raw()]) == [expected]


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 0},
        {"seq": "1"},
        {"seq": True},
        {"seq": 2**60},
        {"kind": "drop table"},
        {"kind": ["grade"]},
        {"docid": ""},
        {"docid": 7},
        {"docid": "x" * 5000},
        {"docid": "\ud800"},
        {"grade": -1},
        {"grade": 2.5},
        {"grade": None},
        {"qid": None},
        {"outbox_key": 3},
        {"ts": "now"},
    ],
)
def test_a_malformed_event_stops_its_client_and_nobody_else(change):
    """What is acknowledged covers all that is before it: behind a dropped event nothing may be."""
    neighbours = [raw(seq=3), raw(client_id=TWO, seq=1), raw(client_id=TWO, seq=2)]
    assert [(event.client_id, event.seq) for event in parse_outbox([raw(**change), *neighbours])] == [
        (TWO, 1),
        (TWO, 2),
    ]


def test_what_stands_before_a_malformed_event_stays():
    for bad in (
        raw(seq=3, docid="x" * 4097),
        raw(seq=None),
        raw(seq=3, qid="x" * 4097),
        raw(seq=3, outbox_key="x" * 4097),
    ):
        sent = [raw(seq=1), raw(seq=2), bad, raw(seq=4)]
        assert [event.seq for event in parse_outbox(sent)] == [1, 2]
    sent = [raw(seq=4), raw(seq=1), raw(seq=3, client_id=ONE.upper(), docid=""), raw(seq=2)]
    assert [event.seq for event in parse_outbox(sent)] == [1, 2]


@pytest.mark.parametrize("client", ["me", None])
def test_an_event_of_no_client_holds_nobody_up(client):
    assert [event.seq for event in parse_outbox([raw(client_id=client), raw(seq=2)])] == [2]


@pytest.mark.parametrize("rubbish", [None, 3, "text", b"bytes", {}, [None, 1, "x", []], object()])
def test_an_outbox_that_is_no_list_of_events_is_empty(rubbish):
    assert parse_outbox(rubbish) == []


def test_an_undo_may_leave_open_what_it_undoes():
    (event,) = parse_outbox([raw(kind="undo", docid="", grade=-1)])
    assert (event.kind, event.docid, event.grade) == ("undo", "", -1)


def test_a_skip_and_a_note_have_no_grade_and_a_rule_may_say_how_the_pair_came():
    events = parse_outbox([raw(kind="skip", grade=-1, rule="pool"), raw(kind="note", grade=-1, seq=2, note="unclear")])
    assert [(one.kind, one.rule, one.note) for one in events] == [("skip", "pool", ""), ("note", "", "unclear")]
    assert parse_outbox([raw(kind="skip", docid=""), raw(rule="x" * 41), raw(note="x" * 4001), raw(note=None)]) == []


def test_events_come_once_in_the_order_of_each_client():
    events = parse_outbox([raw(seq=2), raw(client_id=TWO, seq=1), raw(seq=1), raw(seq=2, grade=0)])
    assert [(event.client_id, event.seq, event.grade) for event in events] == [(ONE, 1, 3), (ONE, 2, 3), (TWO, 1, 3)]


def test_the_version_follows_the_content_unless_one_is_given():
    assert data().to_json()["version"] == data().to_json()["version"]
    assert data().to_json()["version"] != data(query="refunds").to_json()["version"]
    assert data(version="7").to_json()["version"] == "7"


def test_payloads_are_strict_json_even_with_numbers_that_are_not_finite():
    columns = [Column("bm25", "BM25", [Row("007", 1, score=float("nan"))], seconds=float("inf"))]
    board = json.loads(json.dumps(data(columns=columns).to_json(), allow_nan=False))
    assert (board["columns"][0]["rows"][0]["score"], board["columns"][0]["seconds"]) == (None, None)
    measures = {"bm25": {"nDCG@10": Figure(float("nan"), 0.5)}}
    down = SyncData("demo", "q1", {ONE: 1}, {"007": 3}, 1, measures=measures)
    assert json.loads(json.dumps(down.to_json(), allow_nan=False))["measures"]["bm25"]["nDCG@10"] == {
        "value": None,
        "delta": 0.5,
    }


@pytest.mark.parametrize(
    "columns",
    [
        [Column("a", "A", [Row("unknown", 1)])],
        [Column("a", "A", [Row("007", 1), Row("007", 2)])],
        [Column("a", "A"), Column("a", "B")],
        [Column("ideal", "Mine")],
    ],
)
def test_columns_that_contradict_the_contract_are_refused(columns):
    with pytest.raises(ValueError, match="column"):
        data(columns=columns)
