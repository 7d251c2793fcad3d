"""Requests of one source through the project's HTTP door: no redirects, a deadline, a bound on bytes, retries."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from rerank_core.errors import ProviderError
from rerank_core.rerankers.services.http_door import open_client
from rerank_core.rerankers.services.provider import Provider, RefusedError, key_from
from rerank_core.rerankers.services.refusal import service_text
from rerank_core.retrieval.engines.failures import advised, failed
from rerank_core.retrieval.engines.source import ELASTICSEARCH, EngineSource

Reply = TypeVar("Reply")
_ABOUT_KEYS = (401, 402, 403)
# the server's own errors that say "never"
_NEVER = (501, 505, 507, 508)


class Door:
    """One for each engine. `key`: the value of the source's variable, "" without one. Raises NotReadyError."""

    def __init__(self, source: EngineSource) -> None:
        self._source = source
        self.key = key_from([source.key_variable] if source.key_variable else [])
        self._client = open_client("httpx", source.timeout, self.key)
        self._provider = Provider(source.label, source.timeout)

    def call(self, send: Callable[[], Reply]) -> Reply:
        """What `send` returns, which asks by `request`; tried again where that may help. Raises ProviderError."""
        reply: Reply = advised(self._source, lambda: self._provider.call(lambda seconds: send()))
        return reply

    def request(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """(status, headers, content) of a 2xx. Raises RefusedError for another status, and the library's own errors."""
        sent = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {}), **self._auth()}
        answer = self._client.request(method, url, content=body, headers=sent)
        if not 200 <= answer.status_code < 300:
            text = "" if answer.status_code in _ABOUT_KEYS else service_text(answer.content, self.key)
            raise RefusedError(answer.status_code, answer.headers, text, answer.status_code in _NEVER)
        return answer.status_code, answer.headers, answer.content

    def unreadable(self, why: str) -> ProviderError:
        """The error of an answer that is none."""
        return failed(self._source, f"gave an answer that cannot be used ({why})", "Check the address.")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _auth(self) -> dict[str, str]:
        """A key with a colon is user and password; one without an API key or a token."""
        if not self.key:
            return {}
        if self._source.key_header:
            return {self._source.key_header: self.key}
        if ":" in self.key:
            return {"Authorization": f"Basic {base64.b64encode(self.key.encode()).decode()}"}
        return {"Authorization": f"{'ApiKey' if self._source.engine == ELASTICSEARCH else 'Bearer'} {self.key}"}


def json_of(door: Door, content: bytes) -> Any:
    """The JSON of an answer. Raises ProviderError where it is none, such as one that was cut off."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        problem = door.unreadable("no whole JSON")
    raise problem
