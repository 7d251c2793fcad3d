"""What an invitation opens under Streamlit's own driver, and what it does not: another list, dataset, judge or page."""

from __future__ import annotations

import json

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from pages.ui import cache, judge, roles, state
from pages.ui.invited import door
from pages.ui.outbox import side_route
from pages.ui.outbox.commit import commit
from pages.ui.outbox.passes import Gate
from pages.ui.outbox.writer import Writer
from rerank_core.judging import invitations
from rerank_core.judging.invitations import ComparisonTask, GradingTask, withdraw
from rerank_core.judging.plan import load_plan, save_plan
from rerank_core.store import invitations as kept_invitations
from rerank_core.store import judgments
from tests.pages.conftest import CLIENT, ROOT, texts
from tests.support.presented import SETTINGS, SYSTEMS, make_presented

ANNA = '["shop", "Anna"]'
PAIR = ComparisonTask(SYSTEMS, SYSTEMS[0], SETTINGS.to_json(), questions=2)


@pytest.fixture
def shop(workspace):
    return make_presented(workspace)


@pytest.fixture
def anna(workspace, shop):
    return invitations.invite_judge(workspace, shop, "Anna", GradingTask(load_plan(workspace, shop), goal=5))


def invited(code: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / "0_Invited.py"), default_timeout=60)
    app.session_state[state.INVITATION] = {"code": code}
    return app.run()


def parts(app: AppTest) -> dict[str, dict]:
    """What each component was given, by a word in it."""
    assert not app.exception, app.exception[0].message
    found = [json.loads(one.proto.json) for one in app.get("bidi_component")]
    named = {}
    for data in found:
        named["door" if "closed" in data else "sync" if "ack" in data else "desk"] = data
    return named


def event(seq: int, item: list, grade: int, key: str = ANNA, client: str = CLIENT) -> dict:
    own = {"client_id": client, "seq": seq, "kind": "grade", "qid": item[0], "docid": item[1], "grade": grade, "ts": 1}
    return {**own, "rule": item[2], "note": "", "outbox_key": key}


def send(app: AppTest, *events: dict) -> AppTest:
    app.session_state[state.LABEL] = {"outbox": list(events), "want": None}
    return app.run()


def said(app: AppTest) -> str:
    return "\n".join(texts(kind) for kind in (app.markdown, app.info, app.error, app.warning, app.caption))


def html(app: AppTest) -> str:
    return "\n".join(one.proto.body for one in app.get("html"))


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def graded(workspace, shop) -> list[tuple[str, str]]:
    with workspace.open() as db:
        return [(row.judge, row.docid) for row in judgments.in_force(db, shop.id) if row.judge != "Lead"]


def test_a_judge_sees_the_list_alone(workspace, shop, anna):
    app = invited(anna.code)
    shown = parts(app)
    assert shown["desk"]["outbox_key"] == ANNA
    assert shown["desk"]["next"] == []
    assert shown["sync"]["progress"]["today"] == [0, 5]
    assert "You grade as Anna" in said(app).replace("*", "")
    assert not app.sidebar.children
    assert not app.get("page_link")
    assert not app.text_input
    item = shown["sync"]["ahead"][0]
    down = parts(send(app, event(1, item, 3)))["sync"]
    assert (down["ack"], down["progress"]["today"]) == ({CLIENT: 1}, [1, 5])
    assert graded(workspace, shop) == [("Anna", item[1])]


def test_a_judges_link_keeps_the_list_of_the_day_it_was_made(workspace, shop, anna):
    before = parts(invited(anna.code))["sync"]["progress"]["left"]
    plan = load_plan(workspace, shop)
    save_plan(workspace, shop, type(plan)((SYSTEMS[0],), plan.settings_json, depth=1, overlap=1.0))
    assert parts(invited(anna.code))["sync"]["progress"]["left"] == before


@pytest.mark.parametrize("key", ['["shop", "Lead"]', '["other", "Anna"]', '["shop", ""]', '["shop", "anna"]', "{}"])
def test_a_judges_link_writes_nothing_else_whatever_a_browser_sends(workspace, shop, anna, key):
    make_presented(workspace, "other")
    app = invited(anna.code)
    item = parts(app)["sync"]["ahead"][0]
    down = parts(send(app, event(1, item, 1, key), event(2, item, 1, key)))["sync"]
    assert (down["ack"], down["refused"]) == ({}, [])
    assert graded(workspace, shop) == []
    with workspace.open() as db:
        assert db.execute("SELECT count(*) FROM judgment WHERE judge NOT IN ('Lead')").fetchone() == (0,)


def test_after_the_withdrawal_nothing_is_kept_nothing_is_acknowledged_and_it_says_so(workspace, shop, anna):
    app = invited(anna.code)
    item = parts(app)["sync"]["ahead"][0]
    withdraw(workspace, anna.row.id)
    app = send(app, event(1, item, 3))
    assert "was withdrawn" in said(app)
    assert list(parts(app)) == ["door"]
    assert parts(app)["door"]["closed"]
    assert graded(workspace, shop) == []
    again = invitations.invite_judge(workspace, shop, "Anna", GradingTask(load_plan(workspace, shop)))
    app.session_state[state.INVITATION] = {"code": again.code}
    assert parts(app.run())["sync"]["ack"] == {CLIENT: 1}
    assert graded(workspace, shop) == [("Anna", item[1])]


@pytest.mark.parametrize("code", ["", "x", "00000000." + "0" * 48, "<script>alert(1)</script>", "%00" * 40])
def test_a_forged_link_opens_nothing_and_shows_nothing(workspace, shop, code):
    app = invited(code)
    assert "opens nothing here" in said(app)
    assert "shop" not in said(app) + html(app)
    assert list(parts(app)) == ["door"]


def test_before_the_browser_has_said_its_code_nothing_is_shown(workspace, shop):
    app = AppTest.from_file(str(ROOT / "pages" / "0_Invited.py"), default_timeout=60).run()
    assert parts(app) == {"door": {"asked": False, "closed": False}}


def test_a_sign_in_decides_who_somebody_is_and_the_invitation_what_they_may(workspace, shop, anna, monkeypatch):
    monkeypatch.setattr(judge.st, "user", {"is_logged_in": False})
    app = invited(anna.code)
    assert [button.label for button in app.button] == ["Sign in"]
    assert list(parts(app)) == ["door"]
    monkeypatch.setattr(judge.st, "user", {"is_logged_in": True, "email": "mia@example.org"})
    assert parts(invited(anna.code))["desk"]["outbox_key"] == '["shop", "mia@example.org"]'


def test_only_the_link_opens_something_for_who_has_no_role(workspace, shop, anna, monkeypatch, tmp_path):
    path = tmp_path / "roles.toml"
    path.write_text('"ann@example.org" = "admin"\n')
    monkeypatch.setenv(roles.VARIABLE, str(path))
    monkeypatch.setattr(judge.st, "user", {"is_logged_in": True, "email": "guest@example.org"})
    app = invited(anna.code)
    item = parts(app)["sync"]["ahead"][0]
    key = '["shop", "guest@example.org"]'
    assert parts(send(app, event(1, item, 2, key)))["sync"]["ack"] == {CLIENT: 1}
    assert graded(workspace, shop) == [("guest@example.org", item[1])]


def test_voters_by_one_link_are_told_apart_by_their_names(workspace, shop):
    made = invitations.invite_voter(workspace, shop, PAIR)
    app = invited(made.code)
    assert "Which list answers" not in html(app)
    app.text_input(key=state.NEW_VOTER).set_value(" me ")
    app = press(app, "Start")
    assert "Which list answers" not in html(app)
    app.text_input(key=state.NEW_VOTER).set_value("Kim")
    app = press(app, "Start")
    assert "Vote 1 of 2" in progress(app)
    app = press(app, "A is better")
    assert "Counted: vote 1." in html(app)
    assert "Vote 2 of 2" in progress(app)
    app = press(press(app, "Undo"), "No difference")
    app = press(app, "B is better")
    assert "you have voted on all 2 queries" in texts(app.success)
    for word in ("wins", *SYSTEMS, "MiniLM", "First stage", "votes on"):
        assert word not in said(app) + html(app)
    with workspace.open() as db:
        assert [row["voter"] for row in db["vote"].rows] == ["Kim"] * 3
    other = invited(made.code)
    other.text_input(key=state.NEW_VOTER).set_value("kim")
    other = press(other, "Start")
    assert "Kim has voted here already (2)" in texts(other.warning)
    assert "you have voted on all 2" in texts(press(other, "Go on as Kim").success)


def progress(app: AppTest) -> str:
    return " ".join(one.proto.text for one in app.get("progress"))


def test_a_vote_after_the_withdrawal_is_not_counted(workspace, shop):
    made = invitations.invite_voter(workspace, shop, PAIR)
    app = invited(made.code)
    app.text_input(key=state.NEW_VOTER).set_value("Kim")
    app = press(app, "Start")
    withdraw(workspace, made.row.id)
    app = press(app, "A is better")
    assert "was withdrawn" in said(app)
    with workspace.open() as db:
        assert db["vote"].count == 0


def test_a_reader_gets_the_report_and_nothing_to_press_but_the_download(workspace, shop):
    made = invitations.invite_reader(workspace, shop, PAIR)
    app = invited(made.code)
    (frame,) = app.get("iframe")
    assert "The verdict" in frame.proto.srcdoc
    assert not app.button
    with workspace.write() as db:
        db.execute("DELETE FROM judgment")
    assert "nothing to report yet" in texts(invited(made.code).info)


def test_the_check_of_a_post_follows_the_withdrawal(workspace, shop, anna):
    check = door.still_open(workspace, anna.row)
    check()
    withdraw(workspace, anna.row.id)
    with pytest.raises(PermissionError, match="was withdrawn"):
        check()


def test_who_opened_what_when_is_listed_on_the_first_page_and_can_be_closed_there(workspace, shop, anna):
    invited(anna.code)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert "Anna · shop" in texts(app.markdown)
    assert "last used" in texts(app.caption)
    assert anna.code.partition(".")[2] not in str(app)
    app = press(app, "Withdraw")
    with workspace.open() as db:
        assert kept_invitations.find(db, anna.row.id).withdrawn
    assert "1 withdrawn" in texts(app.caption)


class Context:
    session_id = "s1"


@pytest.fixture
def route(monkeypatch, workspace, anna):
    """The side route as Anna's session has it; (client, its headers)."""
    gate = Gate(lambda _: True)
    gate.is_open = True
    monkeypatch.setattr(side_route, "_gate", gate)
    monkeypatch.setattr(side_route, "get_script_run_ctx", Context)
    monkeypatch.setattr(side_route, "_visitor", lambda *_: side_route.Visitor("http://testserver", "login"))
    monkeypatch.setattr(cache, "when_session_ends", lambda *_: None)
    writer = Writer("Anna", ANNA.__eq__, door.still_open(workspace, anna.row))

    def reply(events):
        return {"ack": commit(workspace, events, writer).ack}

    for key in ('["shop", "Lead"]', '["other", "Anna"]', '["shop", ""]'):
        assert side_route.offer(state.LABEL, key, reply, writer) is None
    offered = side_route.offer(state.LABEL, ANNA, reply, writer)
    with TestClient(Starlette(routes=side_route.routes())) as client:
        yield client, {side_route.TOKEN: offered["token"]}


@pytest.mark.parametrize("key", ['["shop", "Lead"]', '["other", "Anna"]', '["shop", ""]'])
def test_by_the_side_route_too_a_judges_link_writes_nothing_else_and_nothing_once_withdrawn(
    workspace, shop, anna, route, key
):
    client, headers = route
    make_presented(workspace, "other")

    def post(*events):
        return client.post("/" + side_route.PATH, json={"outbox": list(events)}, headers=headers)

    pair = ["q-parcel", "parcel-1", "pool"]
    assert post(event(1, pair, 1, key), event(2, pair, 1)).json() == {"ack": {}}
    assert graded(workspace, shop) == []
    own = "22222222-2222-4222-8222-222222222222"
    assert post(event(1, pair, 1, client=own)).json() == {"ack": {own: 1}}
    withdraw(workspace, anna.row.id)
    answer = post(event(2, pair, 2, client=own))
    assert (answer.status_code, "was withdrawn" in answer.json()["refused"]) == (403, True)
    assert graded(workspace, shop) == [("Anna", "parcel-1")]
    with workspace.open() as db:
        assert {row["grade"] for row in judgments.history(db, shop.id) if row["judge"] == "Anna"} == {1}
