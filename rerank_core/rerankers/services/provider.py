"""The one door to somebody else's service: retries, the time allowed, counters, and errors without secrets."""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from rerank_core.errors import NotReadyError, ProviderError, RerankLensError
from rerank_core.rerankers.family import Reranker, Scorer

Reply = TypeVar("Reply")

ATTEMPTS = 4
FIRST_WAIT = 0.5
LONGEST_WAIT = 20.0
# all attempts and waits together, in multiples of the time that one attempt may take
DEADLINE = 3.0
_RETRIED = frozenset({408, 409, 429})
# the classes of each library that mean "no answer came"; looked up only where the library is loaded
_TRANSPORT = {
    "httpx": ("TransportError",),
    "httpx2": ("TransportError",),
    "openai": ("APIConnectionError",),
}
# why no connection came about, by what the system's own message holds
_UNREACHED = (
    ("CERTIFICATE_VERIFY_FAILED", ": its certificate is not trusted"),
    ("SSL", ": it does not speak TLS there, is it http?"),
    ("refused", ": nothing listens there"),
    ("name resolution", ": no such host"),
    ("not known", ": no such host"),
    ("getaddrinfo", ": no such host"),
)
_PROBLEMS = {
    400: "does not accept the request",
    401: "refuses the key",
    402: "has no credit left on this account",
    403: "refuses the key",
    404: "does not know this model or address",
    408: "took too long",
    413: "finds the request too large",
    422: "does not accept the request",
    429: "has too many requests from us",
    501: "cannot do this",
}


def key_from(names: Sequence[str]) -> str:
    """The value of the first of these environment variables that is set; "" where `names` is empty.

    Raises NotReadyError, which names the variables, where none is set.
    """
    for name in names:
        if value := os.environ.get(name, "").strip():
            return value
    if names:
        raise NotReadyError(f"Needs a key: set {' or '.join(names)}.")
    return ""


class RefusedError(Exception):
    """An answer that is an error, from a client of our own. `service_text`: what the service says, in short, no keys.

    `final`: trying again cannot help, whatever the status says.
    """

    def __init__(self, status: int, headers: Mapping[str, Any], service_text: str, final: bool) -> None:
        super().__init__(service_text)
        self.status_code, self.headers, self.service_text, self.final = status, headers, service_text, final


@dataclass(frozen=True, slots=True)
class _Failure:
    """One attempt that failed: all that we keep of somebody else's exception."""

    status: int | None
    retryable: bool
    problem: str
    retry_after: float | None = None
    service_text: str = ""


class Provider:
    """Calls to one service, from any number of threads.

    `timeout` is in seconds, for one attempt; all attempts and the waits between them take at most three times as long.
    `sleep`, `clock` and `jitter` (0 to 1) are there for tests.
    """

    def __init__(
        self,
        vendor: str,
        timeout: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.vendor, self.timeout, self._sleep, self._clock, self._jitter = vendor, timeout, sleep, clock, jitter
        self._lock = threading.Lock()
        self._used: dict[str, float] = {}
        self._notes: dict[str, None] = {}

    def call(self, send: Callable[[float], Reply]) -> Reply:
        """What `send` returns; it is given the seconds that it may take, and may raise anything.

        Tried again after 408, 409, 429, 5xx and failures of transport, up to four times, with waits that double and
        vary by chance; a Retry-After of the service is kept to, unless it asks for more time than there is.

        Raises ProviderError, which holds nothing of the foreign exception but its status and the name of its class.
        """
        end = self._clock() + DEADLINE * self.timeout
        attempt = 0
        while True:
            self.count("requests")
            try:
                return send(max(0.05, min(self.timeout, end - self._clock())))
            except RerankLensError:
                raise
            except Exception as error:
                failure = _failure_of(error)
            # raised outside of the except block: the foreign exception may hold a key, and must not travel with ours
            wait = self._wait(failure, attempt)
            attempt += 1
            if not failure.retryable or attempt >= ATTEMPTS or self._clock() + wait >= end:
                raise self._error(failure, attempt)
            self.count("retries")
            self._sleep(wait)

    def malformed(self, problem: str) -> ProviderError:
        """The error of an answer that came and cannot be used."""
        return ProviderError(self.vendor, 200, False, problem)

    def count(self, name: str, amount: Any = 1) -> None:
        """Add to a counter of `usage`; an amount that is no number (a service that does not tell) adds nothing."""
        if type(amount) in (int, float):
            with self._lock:
                self._used[name] = self._used.get(name, 0.0) + amount

    def note(self, text: str) -> None:
        """Tell people something once, however often it is said."""
        with self._lock:
            self._notes[text] = None

    def usage(self) -> dict[str, float]:
        """What was used since the last call of this, by name; the counters start again."""
        with self._lock:
            used, self._used = self._used, {}
        return used

    def notes(self) -> tuple[str, ...]:
        """What was noted since the last call of this."""
        with self._lock:
            notes, self._notes = self._notes, {}
        return tuple(notes)

    def _wait(self, failure: _Failure, attempt: int) -> float:
        if failure.retry_after is not None:
            return failure.retry_after
        longest: float = min(LONGEST_WAIT, FIRST_WAIT * 2**attempt)
        return longest * (0.5 + self._jitter() / 2)

    def _error(self, failure: _Failure, attempts: int) -> ProviderError:
        tries = f", tried {attempts} times" if attempts > 1 else ""
        asked = f", asks to wait {failure.retry_after:.0f} s" if failure.retry_after is not None else ""
        return ProviderError(
            self.vendor, failure.status, failure.retryable, failure.problem + asked + tries, failure.service_text
        )


class Served(Reranker):
    """A reranker behind a Provider: tells what it used and noted, and closes its connections."""

    def __init__(self, provider: Provider, close: Callable[[], None]) -> None:
        self._provider, self._close = provider, close

    @property
    def provider(self) -> Provider:
        """What bounds, repeats and counts the calls."""
        return self._provider

    def usage(self) -> dict[str, float]:
        """What was used since the last call of this: requests, retries, search_units, tokens and the like."""
        return self._provider.usage()

    def notes(self) -> tuple[str, ...]:
        """Lines for people on what happened since the last call of this."""
        return self._provider.notes()

    def close(self) -> None:
        """Close the connections; the reranker cannot be used any more."""
        self._close()


class RerankService(Served, Scorer):
    """A service that is sent passages and gives scores.

    `skips_blank`: a passage without a sign in it is not sent; Voyage and others refuse the whole request for it.
    """

    skips_blank = True


def _failure_of(error: Exception) -> _Failure:
    """A foreign exception, reduced to what may be told."""
    if isinstance(error, RefusedError):
        return _refused(error)
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    name = type(error).__name__
    if isinstance(status, int) and not 200 <= status < 300:
        headers = getattr(error, "headers", None) or getattr(response, "headers", None) or {}
        return _of_status(status, headers)
    if isinstance(error, (OSError, *_transport_errors())):
        late = "timeout" in name.lower()
        why = next((why for sign, why in _UNREACHED if sign in str(error)), "")
        return _Failure(None, True, "gave no answer in time" if late else f"cannot be reached ({name}{why})")
    code = status if isinstance(status, int) else None
    return _Failure(code, False, f"gave an answer that cannot be read ({name})")


def _of_status(status: int, headers: Mapping[str, Any]) -> _Failure:
    retryable = status in _RETRIED or status >= 500
    problem = _PROBLEMS.get(status, "failed" if status >= 500 else "gave no answer to this request")
    return _Failure(status, retryable, problem, _retry_after(headers) if retryable else None)


def _refused(error: RefusedError) -> _Failure:
    if 200 <= error.status_code < 300:
        return _Failure(error.status_code, False, "gave an answer that cannot be used", service_text=error.service_text)
    failure = _of_status(error.status_code, error.headers)
    retryable = failure.retryable and not error.final
    return _Failure(
        failure.status, retryable, failure.problem, failure.retry_after if retryable else None, error.service_text
    )


def _transport_errors() -> tuple[type[Exception], ...]:
    return tuple(
        getattr(sys.modules[library], name)
        for library, names in _TRANSPORT.items()
        if library in sys.modules
        for name in names
    )


def _retry_after(headers: Mapping[str, Any]) -> float | None:
    """Seconds to wait as the service asks: a number or a date; None where it asks for nothing that can be read."""
    header = {str(name).lower(): str(value).strip() for name, value in headers.items()}.get("retry-after", "")
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if abs(seconds) < float("inf") else None
