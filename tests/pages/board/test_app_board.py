"""The demo script under Streamlit's own driver: what is mounted, and what an outbox does."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

APP = Path(__file__).with_name("app_board.py")
CLIENT = "11111111-1111-4111-8111-111111111111"


def event(seq, docid, grade, **more):
    base = {"client_id": CLIENT, "seq": seq, "kind": "grade", "docid": docid, "grade": grade, "ts": 1}
    return {**base, "qid": "q1", "outbox_key": "demo", **more}


def payloads(app):
    assert not app.exception
    return [json.loads(one.proto.json) for one in app.get("bidi_component")]


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("BOARD_DB", str(tmp_path / "labels.db"))
    return AppTest.from_file(str(APP), default_timeout=30).run()


def test_the_board_and_its_sync_are_mounted_for_the_same_query(app):
    board, down = payloads(app)
    assert board["query"]["qid"] == down["qid"] == "q1"
    assert [len(column["rows"]) for column in board["columns"]] == [25] * 4
    assert (down["n"], down["labels"]) == (0, {})


def test_an_outbox_is_committed_acknowledged_and_measured(app):
    app.session_state["board"] = {"outbox": [event(1, "q1-d0", 3), event(2, "q1-d1", 0), {"seq": "rubbish"}]}
    board, down = payloads(app.run())
    assert down["ack"] == {CLIENT: 2}
    assert down["labels"] == {"q1-d0": 3, "q1-d1": 0}
    assert down["measures"]["s0"]["RR@10"] == {"value": 1.0, "delta": None}
    assert board["version"] == payloads(app)[0]["version"]


def test_the_same_outbox_again_changes_nothing(app):
    app.session_state["board"] = {"outbox": [event(1, "q1-d0", 3), event(2, "", -1, kind="undo")]}
    app.run()
    _, down = payloads(app.run())
    assert (down["labels"], down["ack"]) == ({}, {CLIENT: 2})


def test_what_a_grade_sends_down_stays_small(app):
    app.session_state["board"] = {"outbox": [event(number, f"q1-d{number}", 1) for number in range(1, 25)]}
    app.run()
    sync = app.get("bidi_component")[1].proto
    assert len(sync.SerializeToString()) < 6_000
