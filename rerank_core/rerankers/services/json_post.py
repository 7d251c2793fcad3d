"""A POST of JSON to a service, over one pool of connections."""

from __future__ import annotations

import json
from typing import Any

from rerank_core.rerankers.services.http_door import open_client
from rerank_core.rerankers.services.provider import Provider, RefusedError
from rerank_core.rerankers.services.refusal import error_of_answer, not_json, refusal


class JsonPost:
    """Posts to one address. The key goes into the header, and is taken out of what a service says back."""

    def __init__(self, provider: Provider, url: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = open_client("httpx", provider.timeout, key, headers)
        self.provider, self._url, self._key = provider, url, key

    def __call__(self, body: dict[str, Any]) -> Any:
        """The answer, read from JSON. Raises ProviderError, which passes on in short why a request was refused."""
        return self.provider.call(lambda seconds: self._send(body, seconds))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(self, body: dict[str, Any], seconds: float) -> Any:
        response = self._client.post(self._url, json=body, timeout=seconds)
        status, headers, content = response.status_code, response.headers, response.content
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
