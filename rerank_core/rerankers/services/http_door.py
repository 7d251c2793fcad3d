"""The one way out to a service: a client that goes to no second address, and bounds an answer's time and bytes.

httpx and httpx2 bound each read, and OpenAI's and Cohere's clients follow redirects: a server could hold a call for
ever, fill the memory, or have the passages sent to a host that nobody was shown. Both libraries have the same names, so
the door is written once; it takes the pool of httpcore, whose network it wraps.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from urllib.request import getproxies, proxy_bypass

from rerank_core.rerankers.services.provider import RefusedError
from rerank_core.rerankers.services.refusal import refusal

LARGEST = 64 * 2**20
"""So many bytes may come back for one request, with its headers."""

# a write waits for each piece on its own: small ones leave the rest of the time to be looked at
_PIECE = 16 * 2**10
_CONNECTIONS, _KEPT, _KEPT_SECONDS = 100, 20, 5.0


def open_client(library: str, seconds: float, key: str, headers: Mapping[str, str] | None = None) -> Any:
    """A `Client` of the library "httpx" or "httpx2", for a vendor's own client or for posts of ours.

    A request has as many seconds as its timeout for a read says, all of its steps together; `seconds` where it says
    none. `key` is taken out of what is told of a redirect. The client raises RefusedError for a redirect, for more than
    LARGEST bytes and for a compressed answer, which it does not ask for, and the library's own errors for the rest.
    """
    http = import_module(library)
    return http.Client(
        transport=open_transport(library, seconds, key), headers=headers, timeout=seconds, follow_redirects=False
    )


def open_transport(library: str, seconds: float, key: str) -> Any:
    """What `open_client` sends by, for a vendor's client that makes its own `Client`."""
    http = import_module(library)

    class Transport(http.BaseTransport):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            self._door = _Door(library, seconds, key)

        def handle_request(self, request: Any) -> Any:
            status, answer_headers, content = self._door.send(request)
            return http.Response(status, headers=answer_headers, content=content)

        def close(self) -> None:
            self._door.close()

    return Transport()


class _TooLargeError(Exception):
    """More bytes came than one request may bring."""


class _Allowance(threading.local):
    """What the request that a thread has under way may still take; the thread that asks does its own reading."""

    end: float = float("inf")
    received: int = 0

    def seconds(self, wanted: float | None) -> float:
        left = self.end - time.monotonic()
        return left if wanted is None else min(wanted, left)


class _Door:
    """The pools of connections of one client: one without a proxy, and one for each proxy of the environment."""

    def __init__(self, library: str, seconds: float, key: str) -> None:
        self._http, self._core = import_module(library), import_module(library.replace("httpx", "httpcore"))
        self._seconds, self._key = seconds, key
        self._allowance = _Allowance()
        self._tls = self._http.create_ssl_context()
        self._pools: dict[str, Any] = {}
        self._lock = threading.Lock()

    def send(self, request: Any) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """(status, headers, content) of the answer, which is read as a whole."""
        timeouts = request.extensions.get("timeout") or {}
        seconds = timeouts.get("read") or self._seconds
        request.headers["Accept-Encoding"] = "identity"
        url = request.url
        sent = self._core.Request(
            method=request.method,
            url=self._core.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)},
        )
        self._allowance.end, self._allowance.received = time.monotonic() + seconds, 0
        status = 200
        try:
            with self._as_errors_of_http():
                response = self._pool(url).handle_request(sent)
                status = response.status
                try:
                    content = b"".join(response.stream)
                finally:
                    response.close()
        except _TooLargeError:
            problem = f"it is larger than {LARGEST // 2**20} MB, and was not read to its end"
            raise RefusedError(status, {}, problem, final=True) from None
        self._refuse(status, self._http.Headers(response.headers), content, str(url))
        return status, response.headers, content

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()

    def _refuse(self, status: int, headers: Mapping[str, str], content: bytes, url: str) -> None:
        if 300 <= status < 400:
            raise refusal(status, headers, content, url, self._key)
        if headers.get("content-encoding", "identity").lower() != "identity":
            # a few bytes may hold gigabytes
            raise RefusedError(status, headers, "it is compressed, which was not asked for", final=True)

    def _pool(self, url: Any) -> Any:
        proxy = _proxy(url.scheme, url.host, url.port)
        with self._lock:
            if proxy not in self._pools:
                self._pools[proxy] = self._new_pool(proxy)
            return self._pools[proxy]

    def _new_pool(self, proxy: str) -> Any:
        options: dict[str, Any] = {
            "ssl_context": self._tls,
            "max_connections": _CONNECTIONS,
            "max_keepalive_connections": _KEPT,
            "keepalive_expiry": _KEPT_SECONDS,
            "network_backend": _Network(self._core, self._allowance),
        }
        if not proxy:
            return self._core.ConnectionPool(**options)
        address = self._http.URL(proxy)
        user = (address.username.encode(), address.password.encode()) if address.username else None
        kind = self._core.SOCKSProxy if address.scheme.startswith("socks") else self._core.HTTPProxy
        bare = self._core.URL(
            scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path
        )
        return kind(proxy_url=bare, proxy_auth=user, **options)

    @contextmanager
    def _as_errors_of_http(self) -> Iterator[None]:
        """The pool's errors as those of the library above it, which have the same names."""
        try:
            yield
        except Exception as error:
            known = getattr(self._http, type(error).__name__, None)
            if type(error).__module__.split(".")[0] != self._core.__name__ or known is None:
                raise
            raise known(str(error)) from error


def _proxy(scheme: str, host: str, port: int | None) -> str:
    """The proxy that the environment names for an address; "" for none."""
    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all") or ""
    if not proxy or proxy_bypass(f"{host}:{port}" if port else host):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


class _Network:
    """The network as httpcore uses it, within the allowance of the request under way."""

    def __init__(self, core: Any, allowance: _Allowance) -> None:
        self._core, self._allowance = core, allowance
        self._inner = core.SyncBackend()

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> _Stream:
        # one address after the other, as each may take all of the time
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise self._core.ConnectError(str(error)) from error
        for place, (*_, address) in enumerate(found, 1):
            try:
                seconds = self._left(timeout, self._core.ConnectTimeout)
                inner = self._inner.connect_tcp(str(address[0]), port, timeout=seconds, **options)
            except (self._core.ConnectError, self._core.ConnectTimeout):
                if place == len(found):
                    raise
                continue
            return _Stream(inner, self._core, self._allowance, self._left)
        raise self._core.ConnectError("no such host")

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def _left(self, wanted: float | None, late: type[Exception]) -> float:
        """The seconds that a step may take; raises `late` where there are none."""
        seconds = self._allowance.seconds(wanted)
        if seconds <= 0:
            raise late("the whole request took too long")
        return seconds


class _Stream:
    """A connection, within the allowance of the request that uses it now."""

    def __init__(self, inner: Any, core: Any, allowance: _Allowance, left: Callable[..., float]) -> None:
        self._inner, self._core, self._allowance, self._left = inner, core, allowance, left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        part: bytes = self._inner.read(max_bytes, self._left(timeout, self._core.ReadTimeout))
        self._allowance.received += len(part)
        if self._allowance.received > LARGEST:
            raise _TooLargeError
        return part

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            seconds = self._left(timeout, self._core.WriteTimeout)
            self._inner.write(buffer[start : start + _PIECE], seconds)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Stream:
        seconds = self._left(timeout, self._core.ConnectTimeout)
        inner = self._inner.start_tls(ssl_context, server_hostname, seconds)
        return _Stream(inner, self._core, self._allowance, self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
