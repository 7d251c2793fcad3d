"""Any Python callable as a first stage: a function, or a retriever of LangChain or LlamaIndex."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rerank_core.errors import NotReadyError, RerankLensError, SettingsError
from rerank_core.retrieval.engines.engine import Asked, Column, Hit, hits_of
from rerank_core.retrieval.engines.failures import KEPT, failed
from rerank_core.retrieval.engines.only_asked import OnlyAsked
from rerank_core.retrieval.engines.source import PYTHON, EngineSource, Fields
from rerank_core.retrieval.engines.template import Template
from rerank_core.types import Doc, text_hash

FIELDS = Fields("docid", "text", "title", ("metadata",), "", "score")
_open: dict[str, Callable[[str, int], Iterable[Any]]] = {}
"""Name -> what is called: what cannot be written into a workspace lives as long as the process."""


class Source:
    """A callable that finds passages, best first; to be given to `connect`.

    `find`: a function (query, k) -> hits, or an object with `invoke(query)` (LangChain) or `retrieve(query)`
    (LlamaIndex), which know their own k. A hit is a mapping with docid (or id) and text, and title, score, metadata
    where there are such; a tuple (docid, text) or (docid, text, score); or a document or node of these libraries. One
    without an id is named by the hash of its text. `name`: names it in the workspace, "" for the function's own name;
    in another process the callable has to be given again under this name before it can be asked more. Raises
    SettingsError for what cannot be called.

    >>> import rerank_core as rl
    >>> source = rl.Source(lambda query, k: [("a", "the text", 0.7)], name="mine")
    >>> source.definition.label
    'Python callable at mine'
    """

    def __init__(self, find: Any, name: str = "") -> None:
        call = _callable_of(find)
        chosen = name or getattr(find, "__name__", "") or type(find).__name__
        chosen = re.sub(r"[^\w.-]", "", chosen) or "callable"
        _open[chosen] = call
        self.definition = EngineSource(PYTHON, f"python://{chosen}", fields=FIELDS)
        self.templates = (Template("ask", '{"query": "{{query}}", "k": "{{k}}"}'),)


def _callable_of(find: Any) -> Callable[[str, int], Iterable[Any]]:
    for method in ("invoke", "retrieve"):
        if callable(ask := getattr(find, method, None)):
            return lambda query, k, ask=ask: ask(query)  # type: ignore[misc]
    if callable(find):
        checked: Callable[[str, int], Iterable[Any]] = find
        return checked
    raise SettingsError("A source is a function (query, k), or a retriever with invoke(query) or retrieve(query).")


class CallableEngine(OnlyAsked):
    """The callable that was given under a name in this process."""

    def __init__(self, source: EngineSource) -> None:
        self._source = source
        name = source.address.partition("://")[2]
        if name not in _open:
            raise NotReadyError(
                f"'{name}' is a Python callable of another process. Give it again there: rl.Source(…, name='{name}'). "
                "What it answered is kept."
            )
        self._find = _open[name]

    def indexes(self) -> list[str]:
        """None: it has no index."""
        return []

    def columns(self, index: str) -> list[Column]:
        """None: what a hit has is said by the hit."""
        return []

    def search(self, template: Template, asked: Asked) -> list[Hit]:
        """See `Engine.search`."""
        try:
            rows = [_row(hit) for hit in self._find(asked.query, asked.k)]
        except RerankLensError:
            raise
        except Exception as error:
            # somebody's own code: the kind of its error and its first line help to find it
            line = (str(error).splitlines() or ["no message"])[0][:200]
            problem = failed(self._source, f"raised {type(error).__name__}: {line}", KEPT, retryable=True)
        else:
            return hits_of(self._source, ((row, row.get("score")) for row in rows), asked.k)
        raise problem

    def close(self) -> None:
        """Nothing to close."""


open_callable = CallableEngine


def _row(hit: Any) -> dict[str, Any]:
    """A hit of whatever kind, under the names of FIELDS."""
    if isinstance(hit, Mapping):
        docid = hit.get("docid", hit.get("id", hit.get("_id")))
        row = {"docid": docid, "score": _score(hit.get("score")), "metadata": hit.get("metadata")}
        return _named(row | {"text": hit.get("text"), "title": hit.get("title")})
    if isinstance(hit, tuple) and len(hit) in (2, 3):
        return _named({"docid": hit[0], "text": hit[1], "score": _score(hit[2] if len(hit) == 3 else None)})
    if isinstance(hit, Doc):
        return _named({"docid": hit.docid, "text": hit.text, "title": hit.title, "metadata": dict(hit.metadata)})
    node = getattr(hit, "node", hit)  # LlamaIndex: a node with its score
    text = getattr(node, "page_content", None)
    if text is None and callable(read := getattr(node, "get_content", None)):
        text = read()
    if text is None:
        raise SettingsError(f"A hit is a mapping, (docid, text, score) or a document, not {type(hit).__name__}.")
    metadata = dict(getattr(node, "metadata", None) or {})
    docid = getattr(node, "id", None) or getattr(node, "node_id", None) or metadata.get("id")
    title = metadata.get("title")
    row = {"docid": docid, "text": text, "title": title, "metadata": metadata}
    return _named(row | {"score": _score(getattr(hit, "score", None))})


def _named(row: dict[str, Any]) -> dict[str, Any]:
    if row.get("docid") in (None, "") and row.get("text"):
        row["docid"] = text_hash(str(row["text"]))
    return row


def _score(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else _as_number(value)


def _as_number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None
