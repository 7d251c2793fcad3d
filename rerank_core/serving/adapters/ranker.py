"""A system that ranks documents from outside: one of the workspace in this process, or a server's by its address."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from rerank_core.errors import ProviderError, SettingsError
from rerank_core.rerankers.services.answers import scored_rows
from rerank_core.rerankers.services.json_post import JsonPost
from rerank_core.rerankers.services.provider import Provider, key_from
from rerank_core.rerankers.services.refusal import cohere_endpoint
from rerank_core.serving.asked import asked
from rerank_core.serving.protocols.places import Place, places
from rerank_core.serving.score_cache import TimedScores
from rerank_core.serving.served import Served
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import get_system

Document = str | Mapping[str, Any]
_CACHE_SECONDS = 3600.0


class Ranker(Protocol):
    """Safe for several threads."""

    def rank(self, query: str, documents: Sequence[Document], top_n: int | None = None) -> Sequence[Place]:
        """The documents' places, best first, at most `top_n`; () for no documents.

        A document is a text, or an object with `text` and what else the system reads: `title`, `score` of the first
        stage, fields for signals.
        """

    def close(self) -> None:
        """Give back its connections; it cannot be used any more."""


def open_ranker(
    system: str = "",
    workspace: str | Path | None = None,
    address: str = "",
    key_variable: str = "",
    timeout: float = 60.0,
) -> Ranker:
    """A system of the workspace by its id, loaded now; or what is served at an address, such as http://host:8787.

    `workspace` None: the app's. `key_variable`: the environment variable with the server's key; `timeout`: seconds for
    one attempt. Raises SettingsError unless one of `system` and `address` is given, NotReadyError with what is missing.

    >>> from rerank_core.serving.adapters.ranker import open_ranker
    >>> texts = ["A kestrel hunts voles.", "Otters eat fish and live beside rivers."]
    >>> [place.index for place in open_ranker("minilm-maxsim").rank("who eats fish", texts)]
    [1, 0]
    """
    if bool(system) == bool(address):
        raise SettingsError("Name a system of the workspace, or the address of a server, and not both.")
    if address:
        return _Remote(address, key_variable, timeout)
    space = Workspace(workspace)
    return _Local(Served(space, get_system(space, system), TimedScores(_CACHE_SECONDS)))


class _Local:
    def __init__(self, served: Served) -> None:
        self._served = served

    def rank(self, query: str, documents: Sequence[Document], top_n: int | None = None) -> Sequence[Place]:
        if not documents:
            return ()
        return places(self._served.rank(asked(query, documents)).ranking)[:top_n]

    def close(self) -> None:
        return None


class _Remote:
    """Over Cohere's protocol, so that any server that speaks it will do; ours also tells what was cut."""

    def __init__(self, address: str, key_variable: str, timeout: float) -> None:
        key = key_from([key_variable] if key_variable else [])
        self._provider = Provider(f"Server {urlsplit(address).netloc}", timeout)
        self._post = JsonPost(self._provider, cohere_endpoint(address), key)

    def close(self) -> None:
        self._post.close()

    def rank(self, query: str, documents: Sequence[Document], top_n: int | None = None) -> Sequence[Place]:
        if not documents:
            return ()
        sent = [one if isinstance(one, str) else _plain(one) for one in documents]
        wanted = {} if top_n is None else {"top_n": top_n}
        answer = self._post({"query": query, "documents": sent, **wanted})
        rows = scored_rows(self._provider, answer)
        if any(type(index) is not int or not 0 <= index < len(documents) for index, _ in rows):
            raise ProviderError(self._provider.vendor, None, False, "names a document that was not sent")
        told = answer.get("meta", {}).get("rerank_lens", {}) if isinstance(answer, Mapping) else {}
        cut = {row["index"]: row["tokens"] for row in told.get("cut", [])}
        unscored = set(told.get("unscored", []))
        return [Place(index, float(score), cut.get(index, 0), index not in unscored) for index, score in rows]


def _plain(value: Any) -> Any:
    """A value as JSON has it: what it does not know is written out as text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
