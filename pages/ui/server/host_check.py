"""Who the server answers: requests for its own names, websockets from its own pages; and what it forbids browsers.

A page of any web site can have its name resolved to 127.0.0.1 (DNS rebinding) and would then be of one origin with the
app. Its requests still carry its name as their Host, so the name decides.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

VARIABLE = "RERANK_LENS_ADDRESS"
"""Names the addresses under which people open the app, such as "https://lens.example.com"; several with commas."""

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HEADERS = {
    # the app in a foreign frame would take clicks that were meant for something else
    "content-security-policy": "frame-ancestors 'self'",
    "x-frame-options": "SAMEORIGIN",
    "x-content-type-options": "nosniff",
    # an address holds a dataset, a query, a judge's name: no other server gets it
    "referrer-policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class OwnNames:
    """`hosts`: names, in lower case, that a request may ask for. `origins`: (scheme, host, port) beside the own one."""

    hosts: frozenset[str]
    origins: frozenset[tuple[str, str, int]]

    @classmethod
    def of(cls, addresses: Iterable[str], names: Iterable[str] = ()) -> OwnNames:
        """The names of this machine, `names`, and those of `addresses`; what is no http address counts as a name."""
        hosts, origins = set(LOCAL), set()
        for address in addresses:
            origin = _origin(address)
            if origin is not None:
                origins.add(origin)
                hosts.add(origin[1])
            elif host := _host(address):
                hosts.add(host)
        hosts |= {host for name in names if (host := _host(name))}
        return cls(frozenset(hosts), frozenset(origins))

    def answers_for(self, host: str) -> bool:
        """Whether a Host header, "name" or "name:port", is one of ours."""
        return _host(host) in self.hosts

    def is_own_page(self, origin: str, host: str) -> bool:
        """Whether a page of this origin may open a websocket: the origin that was asked, or one that is named."""
        found = _origin(origin)
        if found is None:
            return False
        return found in self.origins or found == _origin(f"{found[0]}://{host}")


def configured() -> OwnNames:
    """As the environment and Streamlit's configuration have it; a wildcard address is no name."""
    addresses = [one for one in os.environ.get(VARIABLE, "").split(",") if one.strip()]
    addresses += list(st.get_option("server.corsAllowedOrigins") or ())
    names = [str(st.get_option(name) or "") for name in ("server.address", "browser.serverAddress")]
    return OwnNames.of(addresses, [name for name in names if not _is_wildcard(name)])


def serves_this_machine_only() -> bool:
    """Whether the app listens on localhost and no other name leads to it, as a proxy's would."""
    return str(st.get_option("server.address") or "").strip("[]").lower() in LOCAL and configured().hosts == LOCAL


def is_at_this_machine() -> bool:
    """Whether whoever looks at the page sits at the machine itself, or the app is for this machine alone.

    A connection from the machine, to one of its own names, by a page of its own, that no proxy has passed on.
    """
    if serves_this_machine_only():
        return True
    headers = st.context.headers
    passed_on = any(name in headers for name in ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"))
    origin = _origin(headers.get("Origin") or "")
    is_local = _host(headers.get("Host") or "") in LOCAL and origin is not None and origin[1] in LOCAL
    return is_local and not passed_on and st.context.ip_address is None


class HostCheck:
    """ASGI middleware around the whole app: pages, files, the websocket, the side route.

    Another Host gets 421; a websocket from another page, or from none, is refused before it opens.
    """

    def __init__(self, app: ASGIApp, own: Callable[[], OwnNames] = configured) -> None:
        self._app, self._own = app, own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refused request here, pass any other on; what goes back to a browser gets our headers."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers, own = Headers(scope=scope), self._own()
        (host, *more) = headers.getlist("host") or [""]
        if more or not own.answers_for(host):
            await _refuse(
                scope, receive, send, 421, f"This server does not answer for that name. {VARIABLE} names more."
            )
        elif scope["type"] == "websocket" and not _is_own_socket(own, headers, host):
            await _refuse(scope, receive, send, 403, "A websocket is opened from the app's own pages only.")
        else:
            await self._app(scope, receive, _with_headers(send) if scope["type"] == "http" else send)


def _is_own_socket(own: OwnNames, headers: Headers, host: str) -> bool:
    origins = headers.getlist("origin")
    return len(origins) == 1 and own.is_own_page(origins[0], host)


def _with_headers(send: Send) -> Send:
    async def send_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_on


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, why: str) -> None:
    prefix = "http"
    if scope["type"] == "websocket":
        await receive()
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
            return
        prefix = "websocket.http"
    body = why.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    headers += [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
    await send({"type": f"{prefix}.response.start", "status": status, "headers": headers})
    await send({"type": f"{prefix}.response.body", "body": body})


def _origin(text: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname.rstrip("."), port or _DEFAULT_PORTS[parts.scheme]


def _host(text: str) -> str:
    """The name in "name:port", "[::1]:port" or a bare name or IP address, in lower case; "" where it is none."""
    bare = text.strip()
    try:
        ip_address(bare)
        return bare.lower()
    except ValueError:
        pass
    if any(char in bare for char in "/@?#\\ "):
        return ""
    try:
        parts = urlsplit(f"//{bare}")
        _ = parts.port
    except ValueError:
        return ""
    return (parts.hostname or "").rstrip(".")


def _is_wildcard(name: str) -> bool:
    try:
        return ip_address(name.strip("[]")).is_unspecified
    except ValueError:
        return name in ("", "*")
