"""A web site whose name is resolved to this machine (DNS rebinding) gets nothing of the app, and no frame holds it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.bench.ui.browsing import FLAGS, find_chromium
from tests.e2e.conftest import cards, open_compare
from tests.e2e.grades import newest

pytestmark = pytest.mark.browser


def test_a_rebound_name_sees_no_passage_and_gives_no_grade(page, demo) -> None:
    start = newest(demo)
    launch = page.context.browser.browser_type.launch
    rebound = launch(executable_path=find_chromium(), args=[*FLAGS, "--host-resolver-rules=MAP evil.example 127.0.0.1"])
    try:
        tab = rebound.new_page()
        answer = tab.goto(f"http://evil.example:{demo.port}/Compare?judge=attacker")
        assert answer is not None
        assert answer.status == 421
        tab.keyboard.press("3")
        # what a script of that site could do: ask for any path, open the websocket
        status = tab.evaluate("fetch('/_stcore/host-config').then((answer) => answer.status)")
        opened = tab.evaluate(
            "new Promise((done) => { const ws = new WebSocket(`ws://${location.host}/_stcore/stream`);"
            " ws.onopen = () => done('open'); ws.onerror = () => done('refused'); })"
        )
        assert (status, opened) == (421, "refused")
    finally:
        rebound.close()
    assert newest(demo) == start


class _Framing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"<iframe src='http://127.0.0.1:{self.server.framed}/' width=900 height=600></iframe>".encode()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_page_on_another_port_cannot_frame_the_app_or_open_its_websocket(page, demo) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Framing) as other:
        other.framed = demo.port
        threading.Thread(target=other.serve_forever, daemon=True).start()
        try:
            page.goto(f"http://127.0.0.1:{other.server_address[1]}/")
            page.wait_for_timeout(1_000)
            assert not page.frames[1].url.startswith(demo.url)
            opened = page.evaluate(
                "(url) => new Promise((done) => { const ws = new WebSocket(url);"
                " ws.onopen = () => done('open'); ws.onerror = () => done('refused'); })",
                f"ws://127.0.0.1:{demo.port}/_stcore/stream",
            )
            assert opened == "refused"
        finally:
            other.shutdown()
    open_compare(page, demo)
    expect(cards(page, "first-stage").first).to_be_visible()
