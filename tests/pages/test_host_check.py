"""The server answers for its own names only, and opens websockets for its own pages only: asked over real sockets."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest

from pages.ui.server import host_check
from pages.ui.server.host_check import OwnNames
from rerank_core.store.workspace import VARIABLE
from tests.support.browser import ROOT, streamlit_server

REMOTE = OwnNames.of(["https://lens.example.com", "search.internal"], ["10.0.0.5"])
HERE = OwnNames.of([])


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8501", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8501", "[::1]", "[::1]:8501", "localhost."],
)
def test_this_machines_names_are_answered_at_any_port(host) -> None:
    assert HERE.answers_for(host)


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example", "evil.example:8501", "localhost.evil.example", "127.0.0.1.evil.example",
        "evil.example#@localhost", "localhost@evil.example", "evil.example/localhost", "localhost:x", "0.0.0.0", "[::]",
        "10.0.0.5", "2130706433", "lens.example.com",
    ],
)  # fmt: skip
def test_no_other_name_is_answered(host) -> None:
    assert not HERE.answers_for(host)


@pytest.mark.parametrize(
    "host", ["lens.example.com", "lens.example.com:443", "search.internal", "10.0.0.5:8501", "localhost"]
)
def test_the_names_that_are_configured_are_answered(host) -> None:
    assert REMOTE.answers_for(host)


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://localhost:8501", "localhost:8501", True),
        ("https://lens.example.com", "lens.example.com", True),
        ("https://lens.example.com", "127.0.0.1:8501", True),  # a proxy that asks by the server's own name
        ("http://lens.example.com", "127.0.0.1:8501", False),
        ("http://localhost:8719", "localhost:8501", False),
        ("http://127.0.0.1:8501", "localhost:8501", False),
        ("http://evil.example:8501", "localhost:8501", False),
        ("null", "localhost:8501", False),
        ("", "localhost:8501", False),
        ("file://", "localhost:8501", False),
    ],
)
def test_a_websocket_is_opened_by_the_apps_own_pages(origin, host, own) -> None:
    assert REMOTE.is_own_page(origin, host) is own


@pytest.fixture(scope="module")
def port(tmp_path_factory) -> int:
    env = {VARIABLE: str(tmp_path_factory.mktemp("workspace") / "workspace.db"), "HF_HUB_OFFLINE": "1"}
    with streamlit_server(ROOT / "app.py", env) as url:
        yield int(url.rpartition(":")[2])


def ask(port: int, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """The status and the headers of a request whose headers are these alone."""
    method = "POST" if path.startswith("/rerank-lens") else "GET"
    lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as to:
        to.sendall("\r\n".join([*lines, "Connection: close" if "Upgrade" not in headers else "", "", ""]).encode())
        read = b""
        while b"\r\n\r\n" not in read and (part := to.recv(65_536)):
            read += part
    first, *rest = read.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    return int(first.split()[1]), {
        name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)
    }


def socket_status(port: int, host: str, origin: str | None) -> int:
    own = {"Origin": origin} if origin is not None else {}
    return ask(
        port, "/_stcore/stream", Host=host, Upgrade="websocket", Connection="Upgrade",
        Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==", Sec_WebSocket_Version="13", **own,
    )[0]  # fmt: skip


@pytest.mark.parametrize(
    "path", ["/", "/Compare", "/_stcore/health", "/rerank-lens/outbox", "/static/x.js", "/media/x"]
)
def test_a_request_for_another_name_is_misdirected_on_every_path(port, path) -> None:
    assert ask(port, path, Host=f"evil.example:{port}")[0] == 421
    assert ask(port, path, Host=f"127.0.0.1:{port}")[0] != 421


def test_the_websocket_stands_open_to_the_apps_own_origin_and_port_alone(port) -> None:
    assert socket_status(port, f"127.0.0.1:{port}", f"http://127.0.0.1:{port}") == 101
    assert socket_status(port, f"evil.example:{port}", f"http://evil.example:{port}") == 421
    for origin in (f"http://127.0.0.1:{port + 1}", "http://localhost:1", f"http://localhost:{port}", "null", None):
        assert socket_status(port, f"127.0.0.1:{port}", origin) == 403, origin


def test_a_browser_is_told_not_to_frame_guess_or_pass_on(port) -> None:
    for path in ("/", "/_stcore/health", "/nothing-here"):
        headers = ask(port, path, Host=f"localhost:{port}")[1]
        assert headers["content-security-policy"] == "frame-ancestors 'self'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(("ip", "headers", "is_here"), [
    (None, {}, True),
    ("192.168.1.7", {}, False),
    (None, {"Host": "lens.example.com"}, False),
    (None, {"Origin": "https://lens.example.com"}, False),
    (None, {"X-Forwarded-For": "192.168.1.7"}, False),
    (None, {"Forwarded": "for=192.168.1.7"}, False),
    (None, {"Host": ""}, False),
    (None, {"Origin": "null"}, False),
])  # fmt: skip
def test_who_sits_at_the_machine_comes_from_it_by_its_own_name_and_through_no_proxy(ip, headers, is_here, monkeypatch):
    given = {"Host": "localhost:8501", "Origin": "http://localhost:8501", **headers}
    monkeypatch.setattr(host_check, "serves_this_machine_only", lambda: False)
    monkeypatch.setattr(host_check.st, "context", SimpleNamespace(ip_address=ip, headers=given))
    assert host_check.is_at_this_machine() == is_here
