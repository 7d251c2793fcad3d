"""The side route over HTTP: what it answers, and each thing that it refuses. The gate behind it has its own tests."""

from __future__ import annotations

import json

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit import config

from pages.ui.outbox import side_route
from pages.ui.outbox.passes import Gate
from pages.ui.outbox.writer import Writer
from rerank_core.errors import WorkspaceError

CLIENT = "11111111-1111-4111-8111-111111111111"
HOME = "http://testserver"
EVENT = {"client_id": CLIENT, "seq": 1, "kind": "grade", "docid": "d1", "grade": 3, "ts": 1, "qid": "q1"}
EVENT["outbox_key"] = "mine"


@pytest.fixture
def kept():
    """What got through to the component."""
    return []


@pytest.fixture
def live():
    return {"s1"}


@pytest.fixture
def browser(monkeypatch, live):
    monkeypatch.setattr(side_route, "_gate", Gate(lambda session: session in live))
    with TestClient(Starlette(routes=side_route.routes())) as client:
        yield client


@pytest.fixture
def token(browser, kept):
    def reply(events):
        kept.extend(events)
        return {"ack": {event.client_id: event.seq for event in events}}

    visitor = side_route._visitor(lambda name: [HOME] if name == "Origin" else [], {})
    return side_route._gate.grant("s1", "board", visitor, "mine", reply)


def post(browser, token, body=None, path="/" + side_route.PATH, **headers):
    named = {"Origin": HOME, side_route.TOKEN: token, "Content-Type": "application/json"}
    sent = {name: value for name, value in (named | headers).items() if value is not None}
    content = json.dumps({"outbox": [EVENT]}) if body is None else body
    return browser.post(path, content=content, headers=sent)


def test_a_post_is_taken_and_answered_at_once(browser, token, kept):
    answer = post(browser, token)
    assert (answer.status_code, answer.json()) == (200, {"ack": {CLIENT: 1}})
    assert answer.headers["cache-control"] == "no-store"
    assert [(event.docid, event.grade) for event in kept] == [("d1", 3)]


def test_an_event_of_what_the_session_was_never_shown_stays_out_and_is_not_acknowledged(browser, token, kept):
    answer = post(browser, token, json.dumps({"outbox": [{**EVENT, "outbox_key": "theirs"}]}))
    assert (answer.status_code, answer.json(), kept) == (200, {"ack": {}}, [])


def test_behind_a_malformed_event_nothing_comes_in_or_is_acknowledged(browser, token, kept):
    sent = [EVENT, {**EVENT, "seq": 2, "docid": "x" * 4097}, {**EVENT, "seq": 3}]
    answer = post(browser, token, json.dumps({"outbox": sent}))
    assert ([event.seq for event in kept], answer.json()) == ([1], {"ack": {CLIENT: 1}})


@pytest.mark.parametrize(
    "headers",
    [
        {side_route.TOKEN: None},
        {side_route.TOKEN: ""},
        {side_route.TOKEN: "a" * 43},
        {"Origin": None},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "https://testserver"},
        {"Origin": "http://testserver:8501"},
        {"Origin": "http://testserver.evil.example"},
    ],
    ids=str,
)
def test_without_the_token_or_from_another_page_nothing_comes_in(browser, token, kept, headers):
    answer = post(browser, token, **headers)
    assert (answer.status_code, kept) == (403, [])
    assert token not in answer.text
    assert "access-control-allow-origin" not in answer.headers


def test_a_session_that_went_away_cannot_post(browser, token, kept, live):
    live.clear()
    assert post(browser, token).status_code == 403
    assert kept == []


def test_somebody_who_logged_out_or_in_since_cannot_post(browser, token, kept):
    browser.cookies.set("_streamlit_user", "somebody")
    assert post(browser, token).status_code == 403
    browser.cookies.clear()
    browser.cookies.set("another_cookie", "of no account")
    assert post(browser, token).status_code == 200
    assert len(kept) == 1


def test_each_part_of_a_long_login_cookie_counts():
    def visitor(**cookies):
        return side_route._visitor(lambda name: [HOME] if name == "Origin" else [], cookies)

    base = visitor(_streamlit_user="2", _streamlit_user_1="a", _streamlit_user_2="b")
    assert base.is_same(visitor(_streamlit_user="2", _streamlit_user_1="a", _streamlit_user_2="b", other="x"))
    for other in (
        {"_streamlit_user": "2"},
        {"_streamlit_user": "2", "_streamlit_user_1": "a", "_streamlit_user_2": "c"},
    ):
        assert not base.is_same(visitor(**other))


def test_who_a_proxy_says_it_is_counts(browser, token, kept):
    before = config.get_option("server.trustedUserHeaders")
    config.set_option("server.trustedUserHeaders", {"X-Auth-User": "email"})
    try:
        headers = {"Origin": [HOME], "X-Auth-User": ["ann"]}
        visitor = side_route._visitor(lambda name: headers.get(name, []), {})
        mine = side_route._gate.grant("s1", "board", visitor, "mine", lambda events: {"ack": {}})
        assert post(browser, mine, **{"X-Auth-User": "ben"}).status_code == 403
        assert post(browser, mine).status_code == 403
        assert post(browser, mine, **{"X-Auth-User": "ann"}).status_code == 200
    finally:
        config.set_option("server.trustedUserHeaders", before)


@pytest.mark.parametrize("kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_what_a_form_could_send_is_refused(browser, token, kept, kind):
    assert post(browser, token, **{"Content-Type": kind}).status_code == 415
    assert kept == []


def test_json_with_a_charset_is_json(browser, token):
    assert post(browser, token, **{"Content-Type": "Application/JSON; charset=utf-8"}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        '"outbox"',
        "{}",
        '{"outbox": {}}',
        '{"outbox": [], "more": 1}',
        "[" * 100_000,
        b"\xff",
    ],
    ids=lambda body: str(body)[:20],
)
def test_what_is_no_outbox_is_refused(browser, token, kept, body):
    assert post(browser, token, body).status_code == 400
    assert kept == []


def test_a_body_that_is_too_large_is_refused(browser, token, kept):
    outbox = json.dumps({"outbox": [EVENT]})
    assert post(browser, token, outbox.ljust(side_route.LARGEST_BODY + 1)).status_code == 413
    assert kept == []
    assert post(browser, token, outbox.ljust(side_route.LARGEST_BODY)).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_nothing_but_a_post_is_answered(browser, token, method):
    headers = {"Origin": HOME, side_route.TOKEN: token}
    assert browser.request(method, "/" + side_route.PATH, headers=headers).status_code == 405


def test_under_a_base_path_the_route_is_below_it(browser, token):
    config.set_option("server.baseUrlPath", "/tool/")
    try:
        (route,) = side_route.routes()
    finally:
        config.set_option("server.baseUrlPath", "")
    assert route.path == f"/tool/{side_route.PATH}"


def test_a_component_that_fails_is_an_error_and_no_acknowledgement(monkeypatch, live):
    monkeypatch.setattr(side_route, "_gate", Gate(lambda session: session in live))
    visitor = side_route._visitor(lambda name: [HOME] if name == "Origin" else [], {})

    def broken(events):
        raise OSError("the disk is full")

    token = side_route._gate.grant("s1", "board", visitor, "mine", broken)
    with TestClient(Starlette(routes=side_route.routes()), raise_server_exceptions=False) as browser:
        answer = post(browser, token)
    assert (answer.status_code, "disk" in answer.text) == (500, False)


def test_without_the_workspace_the_route_says_why_and_acknowledges_nothing(monkeypatch, live):
    monkeypatch.setattr(side_route, "_gate", Gate(lambda session: session in live))
    visitor = side_route._visitor(lambda name: [HOME] if name == "Origin" else [], {})

    def unplugged(events):
        raise WorkspaceError("The workspace file is not where it was.")

    token = side_route._gate.grant("s1", "board", visitor, "mine", unplugged)
    with TestClient(Starlette(routes=side_route.routes())) as browser:
        answer = post(browser, token)
    assert (answer.status_code, answer.json()) == (503, {"refused": "The workspace file is not where it was."})


def test_nothing_is_offered_where_no_server_routes_here():
    assert not side_route._gate.is_open
    assert side_route.offer("board", "mine", dict, Writer("ann", lambda key: True)) is None
