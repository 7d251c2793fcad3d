"""A POST of JSON to a service, over one pool of connections."""

from __future__ import annotations

import json
import time
from typing import Any

from rerank_core.rerankers.provider import Provider

_LARGEST = 64 * 2**20


class JsonPost:
    """Posts to one address. The key goes into the header and is kept nowhere else."""

    def __init__(self, provider: Provider, url: str, key: str) -> None:
        import httpx

        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(headers=headers, follow_redirects=False)
        self._provider, self._url = provider, url

    def __call__(self, body: dict[str, Any]) -> Any:
        """The answer, read from JSON. Raises ProviderError."""
        return self._provider.call(lambda seconds: self._send(body, seconds))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _send(self, body: dict[str, Any], seconds: float) -> Any:
        import httpx

        end = time.monotonic() + seconds
        content = bytearray()
        with self._client.stream("POST", self._url, json=body, timeout=seconds) as response:
            response.raise_for_status()
            # httpx bounds each read, not their sum: a service that drips must not hold us for ever
            for part in response.iter_bytes():
                content += part
                if time.monotonic() > end:
                    raise httpx.ReadTimeout("the answer came too slowly")
                if len(content) > _LARGEST:
                    raise ValueError("the answer is too large")
        return json.loads(content)
