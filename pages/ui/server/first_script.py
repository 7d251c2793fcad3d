"""A few lines that a browser runs before Streamlit's own script, and the app's name while it loads."""

from __future__ import annotations

import json
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.ui.doors import DOORS, INVITED

HEAD = b"<head>"
TITLE = (b"<title>Streamlit</title>", b"<title>Rerank Lens</title>")
# a page as it lies on the disk: not packed, whole, and not "as you have it already"
_ASKS_FOR_LESS = ("accept-encoding", "if-none-match", "if-modified-since", "range")
_OF_THE_FILE = ("etag", "last-modified", "accept-ranges")


def script() -> str:
    """The lines as an element of HTML."""
    pages = json.dumps([door.path for door in (*DOORS.values(), INVITED) if door.path])
    code = (Path(__file__).parent / "first_script.js").read_text(encoding="utf-8").strip()
    return f"<script>{code}({pages})</script>"


class FirstScript:
    """ASGI middleware: puts the script at the head of every HTML page that the server sends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._script = app, script().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on as it is, but for pages."""
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self._app(scope, receive, send)
            return
        kept = [(name, value) for name, value in scope["headers"] if name.decode() not in _ASKS_FOR_LESS]
        await self._app({**scope, "headers": kept}, receive, _Page(send, self._script).send)


class _Page:
    """Holds a page back until it is whole, and sends it with the script in it."""

    def __init__(self, send: Send, script: bytes) -> None:
        self._send, self._script = send, script
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def send(self, message: Message) -> None:
        """Take what the app sends; anything but HTML goes straight on."""
        if message["type"] == "http.response.start":
            if Headers(raw=message["headers"]).get("content-type", "").startswith("text/html"):
                self._start = message
                return
        elif self._start is not None and message["type"] == "http.response.body":
            self._parts.append(message.get("body", b""))
            if message.get("more_body", False):
                return
            await self._send_whole(self._start)
            return
        await self._send(message)

    async def _send_whole(self, start: Message) -> None:
        body = b"".join(self._parts).replace(HEAD, HEAD + self._script, 1).replace(*TITLE, 1)
        headers = MutableHeaders(raw=list(start["headers"]))
        for name in _OF_THE_FILE:
            del headers[name]
        # a HEAD request has no body, and tells the length of the file as it was
        if body:
            headers["content-length"] = str(len(body))
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})
