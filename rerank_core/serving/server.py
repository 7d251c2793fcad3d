"""The server's life: it listens, serves, and stops without losing what it took."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from rerank_core.errors import SettingsError
from rerank_core.serving.answering import Desk
from rerank_core.serving.app import make_app

DRAIN_SECONDS = 0.5
"""So long it still takes requests after it was told to stop, so that clients see its connections end."""
_FINISH_SECONDS = 120
_BACKLOG = 512
_READ_SECONDS = 0.1
"""What new connections have sent is read before those without a request are closed."""


class LensServer(uvicorn.Server):
    """Stops on SIGTERM and SIGINT, and ends well; a second SIGINT ends it at once."""

    def __init__(self, desk: Desk, address: str, port: int) -> None:
        """Listens at once. `port` 0: any free one. Raises SettingsError where it cannot listen there."""
        config = uvicorn.Config(
            make_app(desk),
            host=address,
            port=port,
            http=_Connection,
            log_level="error",  # what strangers send to a port is no news
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            backlog=_BACKLOG,
            timeout_keep_alive=desk.limits.idle_seconds,
            timeout_graceful_shutdown=_FINISH_SECONDS,
            h11_max_incomplete_event_size=64 * 1024,
        )
        super().__init__(config)
        self._desk, self._socket = desk, _bound(address, port)
        self.port = int(self._socket.getsockname()[1])

    def serve_until_stopped(self) -> None:
        """Serve, in this thread, until a signal or `should_exit`; then finish what was taken."""
        try:
            self.run(sockets=[self._socket])
        finally:
            self._socket.close()
            self._desk.close()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve on for a moment, take what waits at the door, close it, and finish."""
        self._desk.draining = True
        await asyncio.sleep(DRAIN_SECONDS)
        loop = asyncio.get_running_loop()
        # closing the door resets the connections that wait before it: they are taken first
        waiting = _accepted(self._socket)
        for server in self.servers:
            server.close()
        for connection in waiting:
            await loop.connect_accepted_socket(self._protocol, connection)
        await asyncio.sleep(_READ_SECONDS)
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        kind: Callable[..., Any] = self.config.http_protocol_class
        protocol: asyncio.Protocol = kind(config=self.config, server_state=self.server_state, app_state={})
        return protocol

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """As uvicorn does it, but the signal is not raised again: to be stopped is how a server ends well."""
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True


class _Connection(H11Protocol):
    """Closes itself where the head of its first, or its next, request is not there after the config's keep-alive time.

    uvicorn itself waits for ever for what never comes, or drips; and reads a body on after its answer was given.
    """

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._wait()

    def handle_events(self) -> None:
        """See uvicorn: each request that begins is a cycle of its own."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """See uvicorn; it begins the next request here where that came right behind the last one."""
        before = self.cycle
        super().on_response_complete()
        if self.cycle is before and not self.transport.is_closing():
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._stop_waiting()
        self._patience = self.loop.call_later(self.timeout_keep_alive, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


def _bound(address: str, port: int) -> socket.socket:
    try:
        kind, *_, place = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        door = socket.socket(kind, socket.SOCK_STREAM)
    except OSError as error:
        raise SettingsError(f"There is no address {address} to listen at: {error.strerror or error}.") from error
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(place)
    except OSError as error:
        door.close()
        raise SettingsError(f"Port {port} of {address} cannot be used: {error.strerror or error}.") from error
    return door


def _accepted(door: socket.socket) -> list[socket.socket]:
    """The connections that wait before a door that does not block."""
    waiting: list[socket.socket] = []
    while True:
        try:
            connection, _ = door.accept()
        except OSError:
            return waiting
        connection.setblocking(False)
        waiting.append(connection)
