"""A local server that speaks as much of the hub's protocol as a download needs, and can fail on demand."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """`files` by name; `trouble` by name of a file, or "api": a status to answer with, "cut" (once) or "short"."""

    repo: str
    files: dict[str, bytes]
    trouble: dict[str, int | str] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def hub_server(hub: Hub) -> Iterator[Hub]:
    """The hub at `hub.url` while the context lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self, with_body: bool) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/api/models/"):
            self._facts(path.removeprefix("/api/models/"))
        else:
            self._file(path.strip("/"), with_body)

    def _facts(self, repo: str) -> None:
        if self.hub.trouble.get("api") == "gated":
            return self._refuse(403, "GatedRepo")
        if self.hub.trouble.get("api"):
            return self._refuse(int(self.hub.trouble["api"]))
        # the hub tells an unknown visitor 401 for a name that does not exist
        if repo != self.hub.repo:
            return self._refuse(401, "RepoNotFound")
        siblings = [{"rfilename": name, "size": len(body)} for name, body in self.hub.files.items()]
        body = json.dumps({"id": repo, "modelId": repo, "sha": COMMIT, "siblings": siblings}).encode()
        self._send(200, {"Content-Type": "application/json"}, body)

    def _file(self, path: str, with_body: bool) -> None:
        name = path.removeprefix(f"{self.hub.repo}/resolve/{COMMIT}/")
        if name not in self.hub.files:
            return self._refuse(404, "EntryNotFound")
        body, trouble = self.hub.files[name], self.hub.trouble.get(name)
        headers = {
            "X-Repo-Commit": COMMIT,
            "ETag": f'"{hashlib.sha1(body).hexdigest()}"',
            # as for every large file on the hub of today
            "X-Xet-Hash": hashlib.sha256(body).hexdigest(),
            "X-Xet-Refresh-Route": f"{self.hub.url}/xet",
        }
        if not with_body:
            return self._send(200, headers, body, with_body=False)
        self.hub.fetched.append(name)
        if isinstance(trouble, int):
            return self._refuse(trouble)
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        if trouble == "short":
            return self._send(200, headers, body[: len(body) // 2])
        cut = trouble == "cut" and self.hub.trouble.pop(name) == "cut"
        self._send(206 if start else 200, headers, body[start:], cut)

    def _refuse(self, status: int, code: str = "") -> None:
        self._send(status, {"X-Error-Code": code} if code else {}, b"no")

    def _send(
        self, status: int, headers: dict[str, str], body: bytes, cut: bool = False, with_body: bool = True
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not with_body:
            return
        try:
            self.wfile.write(body[: len(body) // 2] if cut else body)
        except OSError:
            self.close_connection = True
        if cut:
            self.close_connection = True
