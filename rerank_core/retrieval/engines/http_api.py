"""Any search API over HTTP: a template for the request, and paths that say where in the answer the hits are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from rerank_core.errors import SettingsError
from rerank_core.retrieval.engines.door import Door, json_of
from rerank_core.retrieval.engines.engine import Asked, Column, Hit, at, hits_of
from rerank_core.retrieval.engines.failures import failed
from rerank_core.retrieval.engines.http_sample import columns_of, list_of_hits
from rerank_core.retrieval.engines.only_asked import OnlyAsked
from rerank_core.retrieval.engines.source import EngineSource, at_path
from rerank_core.retrieval.engines.template import Template

_PARTS = frozenset({"method", "path", "params", "body"})


class HttpApiEngine(OnlyAsked):
    """A template is {"method": "GET" or "POST", "path": …, "params": {…}, "body": …}; all but one of the last optional.

    The source's `hits` names the list of hits ("" where the answer is the list); `fields.score` a hit's score.
    """

    def __init__(self, source: EngineSource) -> None:
        self._source, self._door = source, Door(source)

    def indexes(self) -> list[str]:
        """None: an API does not say."""
        return []

    def columns(self, index: str) -> list[Column]:
        """None: an API does not say."""
        return []

    def search(self, template: Template, asked: Asked) -> list[Hit]:
        """See `Engine.search`."""
        answer = self._answer(template, asked)
        found = at(answer, self._source.hits) if self._source.hits else answer
        if not isinstance(found, list):
            where = f"'{self._source.hits}'" if self._source.hits else "its whole"
            names = ", ".join(list(answer)[:8]) if isinstance(answer, Mapping) else type(answer).__name__
            raise failed(self._source, f"gave no list of hits in {where}, it has {names}", "Name another path.")
        rows = [row if isinstance(row, Mapping) else {} for row in found]
        return hits_of(self._source, ((row, _score(at(row, self._source.fields.score))) for row in rows), asked.k)

    def sample(self, template: Template, asked: Asked) -> tuple[str, list[Column]]:
        """(the path of the list of hits, the fields of the first hits): what an answer is, where nobody has said it.

        Raises ProviderError where it has no list of objects.
        """
        answer = self._answer(template, asked)
        rows = at(answer, self._source.hits) if self._source.hits else None
        found = (self._source.hits, rows) if isinstance(rows, list) and rows else list_of_hits(answer)
        if found is None:
            raise failed(self._source, "gave no list of hits for this question", "Ask another one.")
        return found[0], columns_of([row for row in found[1] if isinstance(row, Mapping)])

    def _answer(self, template: Template, asked: Asked) -> Any:
        method, url, body = _request(self._source, template, asked)

        def send() -> bytes:
            return self._door.request(method, url, body)[2]

        return json_of(self._door, self._door.call(send))

    def close(self) -> None:
        """Close the connections."""
        self._door.close()


def _request(source: EngineSource, template: Template, asked: Asked) -> tuple[str, str, bytes | None]:
    """(method, address, body). The host is always the source's own. Raises SettingsError for an odd template."""
    filled = template.as_json(asked.as_json())
    if not isinstance(filled, dict) or not set(filled) <= _PARTS:
        raise SettingsError(f"The template '{template.name}' is an object with {', '.join(sorted(_PARTS))}.")
    method = str(filled.get("method") or ("POST" if "body" in filled else "GET")).upper()
    if method not in ("GET", "POST"):
        raise SettingsError(f"The template '{template.name}' has the method {method[:20]!r}; there are GET and POST.")
    path = filled.get("path", "")
    if not isinstance(path, str) or "//" in path or ".." in path:
        raise SettingsError(f"The template '{template.name}' has no path that could be used.")
    params = filled.get("params") or {}
    if not isinstance(params, dict):
        raise SettingsError(f"The template '{template.name}' has params that are no object.")
    url = at_path(source.address, quote(path, safe="/:@!$&'()*+,;=~"))
    if params:
        plain = {name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()}
        url += f"?{urlencode(plain)}"
    body = json.dumps(filled["body"]).encode() if "body" in filled else None
    return method, url, body


def _score(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
