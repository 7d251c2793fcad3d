"""The side route in a browser: no script runs for a grade, and whatever becomes of a post, each grade arrives once."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Request, Route, expect

from pages.ui.outbox.passes import PARTING_SECONDS
from pages.ui.server.host_check import VARIABLE as ADDRESS
from rerank_core.store.workspace import VARIABLE
from tests.e2e.conftest import App, cards, copy_workspace, open_compare, summary
from tests.e2e.grades import POSTS, arrived, give, newest, other_grade, pressed, walk_and_grade
from tests.e2e.prefix_proxy import prefix_proxy
from tests.support.browser import ROOT, free_port, settled, streamlit_server

pytestmark = pytest.mark.browser


def test_by_the_route_a_grade_runs_no_script(page, demo):
    said: list[bytes] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: said.append(bytes(data))))
    posts = []
    page.on("response", lambda answer: posts.append(answer.status) if "/rerank-lens/outbox" in answer.url else None)
    open_compare(page, demo)
    start = newest(demo)
    given = walk_and_grade(page, 5)
    expect(summary(page, pending=0)).to_be_attached()
    arrived(demo, given, start)
    assert set(posts) == {200}
    assert said
    assert not [data for data in said if b"client_id" in data]


def test_a_tab_that_is_closed_at_once_loses_no_grade(page, demo):
    tab = page.context.new_page()
    tab.on("dialog", lambda dialog: dialog.accept())
    open_compare(tab, demo)
    start = newest(demo)
    given = walk_and_grade(tab, 15)
    tab.goto("about:blank")
    arrived(demo, given, start)
    tab.close()


def answer_with(status: int):
    return lambda route: route.fulfill(status=status)


def hang(route: Route) -> None:
    """Neither let it through nor end it."""


def swallow(route: Route) -> None:
    """Have it arrive, and lose the answer."""
    route.fetch()
    route.abort()


@pytest.mark.parametrize(
    "trouble",
    [answer_with(403), answer_with(500), lambda route: route.abort(), hang, swallow],
    ids=["refused", "broken", "cut off", "hanging", "answer lost"],
)
def test_a_route_in_trouble_holds_nothing_up_and_doubles_nothing(page, demo, trouble):
    open_compare(page, demo)
    start = newest(demo)
    page.route(POSTS, trouble)
    given = walk_and_grade(page, 6)
    expect(summary(page, pending=0)).to_be_attached()
    arrived(demo, given, start)
    page.unroute_all(behavior="ignoreErrors")
    for _, docid, grade in given:
        assert pressed(page, docid).inner_text() == str(grade)


def test_an_answer_that_comes_late_is_not_painted_over_a_newer_one(page, demo):
    open_compare(page, demo)
    late: list[tuple[Route, object]] = []
    page.route(POSTS, lambda route: late.append((route, route.fetch())))
    docid, grade = other_grade(page, 6)
    cards(page, "first-stage").nth(6).focus()
    page.keyboard.press(str(grade))
    expect(summary(page, pending=0)).to_be_attached()  # by the state, as the post's answer keeps away
    page.keyboard.press("1")
    page.keyboard.press("2")
    expect(summary(page, pending=0)).to_be_attached()
    route, answer = late[0]
    route.fulfill(response=answer)
    page.wait_for_timeout(300)
    expect(pressed(page, docid)).to_have_text("2")
    page.unroute_all(behavior="ignoreErrors")


def test_two_tabs_of_one_judge_both_write_and_see_each_other_with_the_next_grade(page, demo):
    open_compare(page, demo)
    other = page.context.new_page()
    open_compare(other, demo)
    start = newest(demo)
    mine = give(page, 7)
    theirs = give(other, 8)
    expect(pressed(other, mine[0])).to_have_text(str(mine[1]))
    arrived(demo, [("q01", *mine), ("q01", *theirs)], start)
    other.close()


def replayed(request: Request, **changed: str | None) -> int:
    """The status of a post of the browser's, sent again by somebody else."""
    headers = {
        name: value for name, value in request.all_headers().items() if not name.startswith((":", "content-len"))
    }
    sent = {name: value for name, value in {**headers, **changed}.items() if value is not None}
    again = urllib.request.Request(request.url, request.post_data_buffer, sent, method="POST")
    try:
        with urllib.request.urlopen(again, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_the_pass_of_a_session_is_of_no_use_elsewhere_nor_after_it(page, demo):
    tab = page.context.new_page()
    open_compare(tab, demo)
    with tab.expect_request(POSTS) as sent:
        give(tab, 9)
    request = sent.value
    token = request.headers["x-rerank-lens-pass"]
    assert token not in tab.url + request.url
    start = newest(demo)
    assert replayed(request) == 200
    for wrong in (
        {"origin": "http://evil.example"},
        {"origin": None},
        {"x-rerank-lens-pass": token[:-1] + ("a" if token[-1] != "a" else "b")},
        {"x-rerank-lens-pass": None},
        {"cookie": "_streamlit_user=somebody"},
    ):
        assert replayed(request, **wrong) == 403, wrong
    assert replayed(request, **{"content-type": "text/plain"}) == 415
    tab.close()
    deadline = time.monotonic() + PARTING_SECONDS + 20  # so long, what a closing tab sends may still come
    while replayed(request) == 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert replayed(request) == 403
    assert newest(demo) == start  # the same event again and again is one
    assert token not in demo.workspace.path.with_suffix(".server.log").read_text()


@contextmanager
def served(demo: App, folder: Path, **more: str) -> Iterator[App]:
    """A server of its own on a copy, with `more` in its environment."""
    app = App(copy_workspace(demo.workspace.path, folder / "workspace.db"))
    env = {VARIABLE: str(app.workspace.path), "HF_HUB_OFFLINE": "1", **more}
    with streamlit_server(ROOT / "app.py", env, app.port):
        yield app


@contextmanager
def below_a_folder(demo: App, folder: Path) -> Iterator[tuple[App, str]]:
    """A server that is told of its folder; and its address."""
    with served(demo, folder, STREAMLIT_SERVER_BASE_URL_PATH="tools/lens") as app:
        yield app, f"{app.url}/tools/lens"


@contextmanager
def behind_a_proxy(demo: App, folder: Path) -> Iterator[tuple[App, str]]:
    """A server that knows nothing of the proxy's folder, but the address that people open; and its address there."""
    port = free_port()
    with (
        served(demo, folder, **{ADDRESS: f"http://127.0.0.1:{port}"}) as app,
        prefix_proxy("tools", app.port, port) as home,
    ):
        yield app, home


@pytest.mark.parametrize("place", [below_a_folder, behind_a_proxy], ids=["base path", "proxy"])
def test_the_route_is_found_below_a_folder(page, demo, tmp_path, place):
    posts = set()
    page.on("response", lambda answer: posts.add((answer.url, answer.status)) if "outbox" in answer.url else None)
    with place(demo, tmp_path) as (app, home):
        page.goto(f"{home}/Compare?judge=eva")
        settled(page)
        expect(cards(page, "first-stage").first).to_be_visible()
        start = newest(app)
        given = walk_and_grade(page, 3)
        expect(summary(page, pending=0)).to_be_attached()
        arrived(app, given, start)
        page.goto("about:blank")
    assert posts == {(f"{home}/rerank-lens/outbox", 200)}
