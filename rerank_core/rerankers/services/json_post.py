"""A POST of JSON to a service, over one pool of connections."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from rerank_core.rerankers.services.provider import Provider, RefusedError
from rerank_core.rerankers.services.refusal import error_of_answer, not_json, refusal

_LARGEST = 64 * 2**20


class JsonPost:
    """Posts to one address. The key goes into the header, and is taken out of what a service says back."""

    def __init__(self, provider: Provider, url: str, key: str) -> None:
        import httpx

        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(headers=headers, follow_redirects=False)
        self.provider, self._url, self._key = provider, url, key

    def __call__(self, body: dict[str, Any]) -> Any:
        """The answer, read from JSON. Raises ProviderError, which passes on in short why a request was refused."""
        return self.provider.call(lambda seconds: self._send(body, seconds))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(self, body: dict[str, Any], seconds: float) -> Any:
        with self._client.stream("POST", self._url, json=body, timeout=seconds) as response:
            content = _read(response.iter_bytes(), seconds)
            status, headers = response.status_code, response.headers
        if not 200 <= status < 300:
            raise refusal(status, headers, content, self._url, self._key)
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            problem = f"it is {not_json(content)}; the address tried is {self._url}"
            raise RefusedError(status, headers, problem, final=True) from None
        if problem := error_of_answer(answer, self._key):
            raise RefusedError(status, headers, f"it holds an error: {problem}", final=True)
        return answer


def _read(parts: Iterable[bytes], seconds: float) -> bytes:
    """All bytes; httpx bounds each read, not their sum: a service that drips must not hold us for ever."""
    import httpx

    end = time.monotonic() + seconds
    content = bytearray()
    for part in parts:
        content += part
        if time.monotonic() > end:
            raise httpx.ReadTimeout("the answer came too slowly")
        if len(content) > _LARGEST:
            raise ValueError("the answer is too large")
    return bytes(content)
