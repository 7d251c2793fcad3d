"""From a request to its answer: who may ask, how much, in which protocol; what is counted, logged and shadowed."""

from __future__ import annotations

import asyncio
import hmac
import json
import sys
import traceback
import uuid
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.responses import Response

from rerank_core.errors import NotReadyError, ProviderError, RerankLensError, SettingsError, printable
from rerank_core.serving.asked import Asked
from rerank_core.serving.body import RefusedError, read_body, read_object
from rerank_core.serving.limits import Admission, Limits
from rerank_core.serving.metrics import Metrics
from rerank_core.serving.protocols.places import places
from rerank_core.serving.protocols.shape import Fields, Reply, Shape
from rerank_core.serving.request_log import REFUSED, RERANK, RequestLog
from rerank_core.serving.served import Served
from rerank_core.serving.shadow import Shadow
from rerank_core.systems.reranked_before import TWICE, fields_of_rerankers

if TYPE_CHECKING:
    from starlette.requests import Request

HERE = ("localhost", "127.0.0.1", "::1")
Choose = Callable[[dict[str, Any]], Shape]
"""The request's object -> the protocol that it speaks."""


@dataclass(slots=True)
class _Under:
    """A request under way. `shape` is what is known of its protocol by now."""

    id: str
    shape: Shape
    started: float
    read: float = 0.0
    waited: float = 0.0
    asked: Asked | None = None

    def milliseconds(self, **more: float) -> dict[str, float]:
        """What each part took; `total` until now."""
        parts = {"read": self.read, "wait": self.waited, **more, "total": perf_counter() - self.started}
        return {name: seconds * 1000 for name, seconds in parts.items()}


class Desk:
    """Answers requests. `draining`: the server is about to stop, and says so with every answer.

    `keys`: bearer keys of which a caller must have one; none: everybody on this machine may ask, and `hosts` are the
    names that this server is called by, so that no web page reaches it under one of its own.
    """

    def __init__(
        self,
        served: Served,
        limits: Limits,
        keys: Collection[str] = (),
        hosts: Collection[str] = HERE,
        log: RequestLog | None = None,
        shadow: Callable[[Callable[[str], None]], Shadow] | None = None,
    ) -> None:
        self.served, self.limits, self.admission = served, limits, Admission(limits)
        self.metrics = Metrics(served.label, served.system.key, lambda: self.admission.inside)
        self.draining = False
        self._keys = [key.encode() for key in keys]
        self._hosts = frozenset(host.lower() for host in hosts)
        self._log = log
        self._shadow = shadow(self.metrics.shadow) if shadow is not None else None
        self._threads = ThreadPoolExecutor(limits.at_once, "answer")
        self._said_twice = False

    def close(self) -> None:
        """After the last answer."""
        self._threads.shutdown()
        if self._shadow is not None:
            self._shadow.close()
        if self._log is not None:
            self._log.close()

    def check_caller(self, request: Request) -> None:
        """Raises RefusedError for a caller without a key, or for another name of this server."""
        if not self._keys:
            host = request.headers.get("host", "").rpartition("@")[2].lower()
            name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
            if name not in self._hosts:
                raise RefusedError(421, "this server is not known by that name")
            return
        # of two such headers a proxy may have checked the other one
        given = request.headers.getlist("authorization")
        kind, _, key = (given[0] if len(given) == 1 else "").partition(" ")
        sent = key.strip().encode("utf-8", "surrogateescape") if kind.lower() == "bearer" else b""
        # all of them are compared, so that the time tells nothing
        if not sum(hmac.compare_digest(sent, known) for known in self._keys):
            raise RefusedError(401, "a valid key is needed: Authorization: Bearer KEY")

    async def rerank(self, request: Request, choose: Choose, unread: Shape) -> Response:
        """The answer to a request; `unread` is its protocol for as long as the body is not read."""
        under = _Under(uuid.uuid4().hex, unread, perf_counter())
        try:
            self.check_caller(request)
            if not self.admission.enter():
                raise RefusedError(429, "too many requests wait already", self.admission.retry_after)
            try:
                body = await read_body(request, self.limits.body, self.limits.body_seconds)
                under.read = perf_counter() - under.started
                loop = asyncio.get_running_loop()
                queued = perf_counter()
                return await loop.run_in_executor(self._threads, self._answer, body, choose, under, queued)
            finally:
                self.admission.leave(perf_counter() - under.started)
        except RefusedError as refused:
            return self._refuse(under, refused)

    def _answer(self, body: bytes, choose: Choose, under: _Under, queued: float) -> Response:
        """In a thread of the pool."""
        under.waited = perf_counter() - queued
        try:
            values = read_object(body)
            under.shape = choose(values)
            given = _checked(under.shape, values)
            under.asked = under.shape.asked(given)
            self._check_size(under.asked)
            return self._ranked(given, under, under.asked)
        except RefusedError as refused:
            return self._refuse(under, refused)
        except Exception as failure:
            return self._refuse(under, _failure(failure, under.shape))

    def _ranked(self, given: Fields, under: _Under, asked: Asked) -> Response:
        warnings = (*asked.warnings, *self._twice(asked))
        answer = self.served.rank(asked)
        spent = under.milliseconds(rank=answer.seconds)
        told = places(answer.ranking)
        system = self.served.system
        cut = sum(place.tokens_cut > 0 for place in told)
        if cut:
            warnings = (*warnings, f"{cut} of {len(told)} documents are longer than the model reads: see `cut`")
        reply = Reply(under.id, system.id, system.key, asked, answer, told[: under.shape.top(given)], warnings, spent)
        response = self._response(under, 200, under.shape.answer(given, reply), reply.headers)
        name = under.shape.name
        if self._log is not None:
            self._log.answered(RERANK, under.id, system.id, system.key, name, asked, answer, spent)
        self.metrics.answered(name, answer, spent)
        if self._shadow is not None:
            self._shadow.offer(under.id, name, asked)
        return response

    def _check_size(self, asked: Asked) -> None:
        if len(asked.docs) > self.limits.documents:
            raise RefusedError(413, f"a request may have {self.limits.documents:,} documents, not {len(asked.docs):,}")
        texts = [asked.query, *(doc.content for doc in asked.docs)]
        # a token has a byte at least: most requests need no counting
        if sum(4 * len(text) for text in texts) <= self.limits.tokens:
            return
        tokens = self.served.tokens(texts)
        if tokens is not None and tokens > self.limits.tokens:
            raise RefusedError(413, f"a request may have {self.limits.tokens:,} tokens, not {tokens:,}")

    def _twice(self, asked: Asked) -> Sequence[str]:
        """Once in a server's life: the documents have been reranked before."""
        if self._said_twice:
            return ()
        fields = fields_of_rerankers(name for doc in asked.docs for name in doc.metadata)
        if not fields:
            return ()
        self._said_twice = True
        line = f"The documents already carry a reranker's scores ({printable(fields[0], 60)}). {TWICE}"
        sys.stderr.write(f"{line}\n")
        return (line,)

    def _refuse(self, under: _Under, refused: RefusedError) -> Response:
        message = printable(str(refused), 1500)
        if self._log is not None:
            system, spent = self.served.system, under.milliseconds()
            self._log.failed(
                REFUSED, under.id, system.id, system.key, under.shape.name, under.asked, refused.status, message, spent
            )
        self.metrics.refused(under.shape.name, refused.status)
        headers = {"Retry-After": str(refused.retry_after)} if refused.retry_after is not None else {}
        headers |= {"WWW-Authenticate": "Bearer"} if refused.status == 401 else {}
        return self._response(under, refused.status, under.shape.error(refused.status, message), headers)

    def _response(self, under: _Under, status: int, body: Any, headers: dict[str, str]) -> Response:
        content = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(
            "utf-8", "replace"
        )
        headers = {"X-Request-Id": under.id, **headers, **self.closing}
        return Response(content, status, headers, "application/json")

    @property
    def closing(self) -> dict[str, str]:
        """The headers of every answer: while the server stops, connections end with their next one."""
        return {"Connection": "close"} if self.draining else {}


def _checked(shape: Shape, values: dict[str, Any]) -> Fields:
    try:
        return shape.fields.model_validate(values)
    except ValidationError as error:
        raise RefusedError(shape.invalid, _first_problem(error)) from None


def _first_problem(error: ValidationError) -> str:
    """What is wrong with one field, in words; pydantic's own text quotes the value, which may be long."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ""
    for part in first["loc"][:4]:
        if isinstance(part, int):
            place += f"[{part}]"
        elif part not in ("str", "dict[str,any]"):
            place += f".{printable(part, 60)}" if place else printable(part, 60)
    kind, in_documents = first["type"], "[" in place and first["loc"][-1] in ("str", "dict[str,any]")
    if in_documents:
        return f"{place} must be a text or an object"
    if kind == "extra_forbidden":
        return f"there is no field {place}"
    return f"{place} is missing" if kind == "missing" else f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}"


def _failure(failure: Exception, shape: Shape) -> RefusedError:
    """What a caller is told of a failure. Only our own errors speak for themselves: others may hold a key or a path."""
    if isinstance(failure, SettingsError):
        return RefusedError(shape.invalid, str(failure).splitlines()[0])
    if isinstance(failure, NotReadyError):
        return RefusedError(503, str(failure).splitlines()[0])
    if isinstance(failure, ProviderError):
        return RefusedError(503 if failure.retryable else 502, str(failure).splitlines()[0])
    if isinstance(failure, RerankLensError):
        return RefusedError(500, str(failure).splitlines()[0])
    traceback.print_exception(failure)
    return RefusedError(500, f"the system failed ({type(failure).__name__}); the server's own output says more")
