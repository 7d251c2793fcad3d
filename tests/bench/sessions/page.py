"""A browser tab without a browser: Streamlit's own websocket protocol, and the posts of the board's side route."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

_PAGE = "Compare"
_TOKEN = "x-rerank-lens-pass"
RESEND = 2.0
"""Seconds after which the board sends what was not acknowledged once more (`RESEND_MS` in post.js)."""


class Tab:
    """One tab of the page Compare: open it with `async with`.

    `board` and `sync`: what the two components were sent last. `errors`: each error that the page has shown. A part of
    the page that refreshes by itself is asked for as a browser does it. Nothing is waited for longer than `patience`
    seconds; TimeoutError says then what the tab has last seen.
    """

    def __init__(self, url: str, query_string: str, patience: float) -> None:
        self._url, self._query, self._patience = url, query_string, patience
        self._page_hash = self._page = ""
        self._texts: list[str] = []
        self._widgets: dict[str, str] = {}
        self._cached: dict[str, ForwardMsg] = {}
        self._refreshing: dict[str, asyncio.Task[None]] = {}
        self._runs = 0
        self._news = asyncio.Condition()
        self._sync_id = self._sync_fragment = ""
        self.board: dict[str, Any] = {}
        self.sync: dict[str, Any] = {}
        self.errors: list[str] = []

    async def __aenter__(self) -> Tab:
        address = urlsplit(self._url)
        self._socket: ClientConnection = await connect(
            f"ws://{address.netloc}/_stcore/stream",
            origin=self._url,
            subprotocols=["streamlit"],
            max_size=None,
            open_timeout=self._patience,
            ping_timeout=None,
        )
        self._reading = asyncio.create_task(self._read())
        self._posts = _Posts(self._url)
        try:
            await self._run()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in [*self._refreshing.values(), self._reading]:
            task.cancel()
        self._posts.close()
        await self._socket.close()

    async def click(self, key: str) -> None:
        """Click the button of this key, and wait until the page has run."""
        await self._run(self._widgets[key])

    async def post(self, events: Sequence[Mapping[str, Any]]) -> Mapping[str, int]:
        """Send the outbox by the side route, and return what it acknowledges; empty where it refuses."""
        route = self.sync.get("route")
        if not route:
            return {}
        async with asyncio.timeout(self._patience):
            status, down = await self._posts.send(route["path"], route["token"], {"outbox": list(events)})
        if status != 200:
            self.errors.append(f"a post was answered {status}: {down!r}")
            return {}
        return dict(down["ack"])

    async def send_by_state(self, events: Sequence[Mapping[str, Any]]) -> Mapping[str, int]:
        """Send the outbox as the component's state, as where there is no side route; returns what is acknowledged.

        A part of the page that a run has just replaced takes nothing, and the server drops what is sent to it. So it is
        sent again to the newest part, as the board does, and the whole page is run in between.
        """
        last, wake = events[-1], False
        end = time.monotonic() + self._patience

        def is_kept() -> bool:
            return bool(self.sync["ack"].get(last["client_id"], 0) >= last["seq"])

        while not is_kept():
            message = self._message("" if wake else self._sync_fragment)
            if not wake:
                widget = message.rerun_script.widget_states.widgets.add()
                widget.id, widget.json_value = self._sync_id, json.dumps({"outbox": list(events)})
            await self._socket.send(message.SerializeToString())
            with suppress(TimeoutError):
                await self.until(is_kept, min(RESEND, max(0.0, end - time.monotonic())))
            if time.monotonic() >= end and not is_kept():
                raise TimeoutError(f"a grade was not taken for {self._patience:g} s; {self.last_seen()}")
            wake = not wake
        return dict(self.sync["ack"])

    async def until(self, holds: Callable[[], object], patience: float | None = None) -> None:
        """Wait until something holds of what was sent here. `patience`: seconds; None: the tab's own.

        Raises TimeoutError, ConnectionError where the server has sent another page, and what ended the reading.
        """
        patience = self._patience if patience is None else patience
        try:
            async with asyncio.timeout(patience), self._news:
                await self._news.wait_for(lambda: self._reading.done() or self._is_elsewhere or holds())
        except TimeoutError:
            raise TimeoutError(f"nothing more for {patience:g} s; {self.last_seen()}") from None
        if self._reading.done():
            self._reading.result()
            raise ConnectionError(f"the server closed the connection; {self.last_seen()}")
        if self._is_elsewhere:
            raise ConnectionError(f"the page is not {_PAGE} any more; {self.last_seen()}")

    def last_seen(self) -> str:
        """The page, the queries of its two components and its last texts, for a message of what went wrong."""
        qids = self.board.get("query", {}).get("qid"), self.sync.get("qid")
        texts = [" ".join(text.split())[:80] for text in self._texts[-8:]]
        return f"page {self._page!r} after {self._runs} runs, board and sync of {qids}, texts {texts}"

    @property
    def _is_elsewhere(self) -> bool:
        return self._page not in ("", _PAGE)

    def _message(self, fragment: str = "") -> BackMsg:
        """Ask for a run. As a browser does, name the page in the first one, and say its hash from then on."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.fragment_id, state.page_script_hash = self._query, fragment, self._page_hash
        if not self._page_hash:
            state.page_name = _PAGE
        state.cached_message_hashes.extend(self._cached)
        return message

    async def _run(self, clicked: str = "") -> None:
        message, before = self._message(), self._runs
        if clicked:
            widget = message.rerun_script.widget_states.widgets.add()
            widget.id, widget.trigger_value = clicked, True
        await self._socket.send(message.SerializeToString())
        await self.until(lambda: self._runs > before)

    async def _read(self) -> None:
        try:
            async for raw in self._socket:
                message = ForwardMsg()
                message.ParseFromString(raw)
                kind = message.WhichOneof("type")
                if kind == "ref_hash":
                    message = self._cached[message.ref_hash]
                    kind = message.WhichOneof("type")
                elif message.metadata.cacheable:
                    self._cached[message.hash] = message
                self._take(kind, message)
                await self._tell()
        finally:
            asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(self._tell()))

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    def _take(self, kind: str | None, message: ForwardMsg) -> None:
        if kind == "delta":
            self._draw(message.delta)
        elif kind == "navigation":
            self._page_hash = message.navigation.page_script_hash
            names = {page.page_script_hash: page.page_name for page in message.navigation.app_pages}
            self._page = names.get(self._page_hash, "nameless")
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "new_session" and not message.metadata.run.fragment_ids:
            self._stop_refreshing()
            self._texts.clear()
        elif kind == "auto_rerun":
            fragment = message.auto_rerun.fragment_id
            if fragment in self._refreshing:
                self._refreshing[fragment].cancel()
            self._refreshing[fragment] = asyncio.create_task(self._refresh(fragment, message.auto_rerun.interval))
        elif kind == "script_finished" and message.script_finished in (
            ForwardMsg.FINISHED_SUCCESSFULLY,
            ForwardMsg.FINISHED_WITH_COMPILE_ERROR,
        ):
            self._runs += 1

    def _draw(self, delta: Delta) -> None:
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.errors.append(f"{element.exception.type}: {element.exception.message}")
        elif kind == "alert" and element.alert.format == Alert.ERROR:
            self.errors.append(element.alert.body)
        elif kind in ("alert", "heading", "markdown"):
            self._texts.append(getattr(element, kind).body)
        elif kind == "button":
            self._widgets[element.button.id.rpartition("-")[2]] = element.button.id
        elif kind == "bidi_component" and element.bidi_component.component_name == "rerank_lens_board":
            self.board = json.loads(element.bidi_component.json)
        elif kind == "bidi_component" and element.bidi_component.component_name == "rerank_lens_board_sync":
            self._sync_id, self._sync_fragment = element.bidi_component.id, delta.fragment_id
            self.sync = json.loads(element.bidi_component.json)

    async def _refresh(self, fragment: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            message = self._message(fragment)
            message.rerun_script.is_auto_rerun = True
            await self._socket.send(message.SerializeToString())

    def _stop_refreshing(self) -> None:
        for task in self._refreshing.values():
            task.cancel()
        self._refreshing.clear()


class _Posts:
    """One connection of HTTP/1.1 that is kept, as a browser keeps it."""

    def __init__(self, url: str) -> None:
        self._url, self._address = url, urlsplit(url)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, path: str, token: str, body: object) -> tuple[int, Any]:
        """The status and the JSON of the answer. A connection that the server has closed is opened anew."""
        try:
            return await self._ask(path, token, body)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return await self._ask(path, token, body)

    async def _ask(self, path: str, token: str, body: object) -> tuple[int, Any]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._address.hostname, self._address.port)
        reader, writer = self._streams
        content = json.dumps(body).encode()
        head = (
            f"POST /{path} HTTP/1.1\r\nHost: {self._address.netloc}\r\nOrigin: {self._url}\r\n{_TOKEN}: {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        writer.write(head.encode() + content)
        await writer.drain()
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(answer.partition("content-length:")[2].partition("\r\n")[0])
        return int(answer.split()[1]), json.loads(await reader.readexactly(length))

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
