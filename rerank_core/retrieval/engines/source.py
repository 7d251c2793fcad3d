"""Where passages are searched that lie elsewhere: an engine, its address, an index, and which fields hold what."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from rerank_core.errors import SettingsError
from rerank_core.retrieval.dense_model import BUNDLED, DenseModel

POSTGRES, QDRANT, OPENSEARCH, ELASTICSEARCH, HTTP, PYTHON = (
    "postgres", "qdrant", "opensearch", "elasticsearch", "http", "python",
)  # fmt: skip
ENGINES: dict[str, str] = {
    POSTGRES: "PostgreSQL",
    QDRANT: "Qdrant",
    OPENSEARCH: "OpenSearch",
    ELASTICSEARCH: "Elasticsearch",
    HTTP: "HTTP API",
    PYTHON: "Python callable",
}
"""Name of an engine -> as people know it."""

_SCHEMES = {
    POSTGRES: ("postgresql", "postgres"),
    QDRANT: ("http", "https", "file"),
    OPENSEARCH: ("http", "https"),
    ELASTICSEARCH: ("http", "https"),
    HTTP: ("http", "https"),
    PYTHON: ("python",),
}
# as for all services: whatever else lies in the environment cannot be sent anywhere
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,99}_(KEY|TOKEN)")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}")
_SECRETS = frozenset({"password", "sslpassword", "passwd", "pwd", "api_key", "apikey", "key", "token", "secret"})
_MOST_SECONDS = 600.0
# not written while they say nothing: what sources were kept before there were these keeps its key
_LATER = {"vector_address": "", "vector_key": "", "query_prefix": None, "passage_prefix": None}


@dataclass(frozen=True, slots=True)
class Fields:
    """Which field of a hit holds what, by the engine's own names; a dotted path where hits are nested.

    `docid` and `text` are needed. `title`, `vector`, `score`: "" for none (an engine that scores by itself needs no
    name for it). `metadata`: what is shown beside a passage.
    """

    docid: str = ""
    text: str = ""
    title: str = ""
    metadata: tuple[str, ...] = ()
    vector: str = ""
    score: str = ""


@dataclass(frozen=True, slots=True)
class EngineSource:
    """A search engine that is asked for candidates.

    `address` holds no password and no key: `key_variable` names the environment variable that has it. `key_header`: the
    header that carries the key to an HTTP API ("": Authorization, as a bearer token). `index`: of an HTTP API "".
    `hits`: for an HTTP API the path of the list of hits in its answer. `per_second`: requests at most, 0 for no limit.
    `timeout`: seconds per request. `vector_model`: the dense model that makes `{{vector}}` of a query, the one that the
    index was filled with; with `vector_address`, `vector_key`, `query_prefix` and `passage_prefix` as `DenseModel` has
    them. Raises SettingsError for what cannot work.

    >>> import rerank_core as rl
    >>> rl.EngineSource("postgres", "postgresql://app@db.example.com/shop", "articles").label
    'PostgreSQL at db.example.com (articles)'
    """

    engine: str
    address: str
    index: str = ""
    fields: Fields = field(default_factory=Fields)
    key_variable: str = ""
    key_header: str = ""
    hits: str = ""
    per_second: float = 0.0
    timeout: float = 10.0
    vector_model: str = BUNDLED
    vector_address: str = ""
    vector_key: str = ""
    query_prefix: str | None = None
    passage_prefix: str | None = None

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise SettingsError(f"Unknown engine {self.engine!r}; known: {', '.join(ENGINES)}.")
        _check_address(self.engine, self.address)
        if self.key_variable and not _VARIABLE.fullmatch(self.key_variable):
            raise SettingsError(
                "Name the environment variable that has the key, one that ends in _KEY or _TOKEN, and never the key."
            )
        if self.key_header and not _HEADER.fullmatch(self.key_header):
            raise SettingsError(f"{self.key_header[:60]!r} is no name of a header.")
        if not 0 <= self.per_second <= 10_000:
            raise SettingsError(f"Requests per second lie from 0 (no limit) to 10,000, not {self.per_second!r}.")
        if not 0 < self.timeout <= _MOST_SECONDS:
            raise SettingsError(f"The seconds per request lie above 0, up to {_MOST_SECONDS:.0f}.")
        self.dense()

    def dense(self) -> DenseModel:
        """The model that makes the vectors."""
        return DenseModel(
            self.vector_model, self.vector_address, self.vector_key, self.query_prefix, self.passage_prefix
        )

    @property
    def place(self) -> str:
        """The address as people read it: host and port, without user, path and query."""
        parts = urlsplit(self.address)
        if self.engine == PYTHON:
            return parts.netloc
        if not parts.netloc or not parts.hostname:
            host = dict(parse_qsl(parts.query)).get("host", "")
            return host or parts.path or self.address
        return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"{ENGINES[self.engine]} at {self.place}" + (f" ({self.index})" if self.index else "")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values that `from_dict` reads back to an equal source."""
        values = asdict(self)
        values["fields"]["metadata"] = list(self.fields.metadata)
        return {name: value for name, value in values.items() if name not in _LATER or value != _LATER[name]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EngineSource:
        """Read what `to_dict` wrote. Raises SettingsError, also for a name that is not known."""
        if not isinstance(values, Mapping):
            raise SettingsError("A source is a JSON object.")
        unknown = sorted(set(values) - {each.name for each in fields(cls)})
        if unknown:
            raise SettingsError(f"A source has no {', '.join(unknown)}.")
        try:
            named = dict(values.get("fields") or {})
            named["metadata"] = tuple(named.get("metadata") or ())
            return cls(**{**values, "fields": Fields(**named)})
        except (TypeError, ValueError, AttributeError) as error:
            raise SettingsError(f"A source has a value of the wrong kind: {error}.") from error

    def to_json(self) -> str:
        """`to_dict` as text, alike for equal sources."""
        return json.dumps(self.to_dict(), ensure_ascii=False, sort_keys=True)


def _check_address(engine: str, address: str) -> None:
    """Raise SettingsError where it is none, or holds a secret: what is written there is kept and shown."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"{address[:200]!r} is no address.") from error
    del port
    if parts.scheme not in _SCHEMES[engine]:
        shown = " or ".join(f"{scheme}://" for scheme in _SCHEMES[engine])
        raise SettingsError(f"An address of {ENGINES[engine]} begins with {shown}.")
    if parts.password or (parts.username and engine != POSTGRES):
        raise SettingsError("The address holds a user with a key. Take it out, and name the variable that has the key.")
    if any(name.lower() in _SECRETS for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        raise SettingsError("The address holds a key. Take it out, and name the variable that has the key.")
    if any(ord(sign) < 33 for sign in address):
        raise SettingsError("An address has no spaces and no line breaks.")


def at_path(address: str, path: str) -> str:
    """The address with a path after its own, and without its query.

    >>> at_path("https://search.example.com/v1/", "find")
    'https://search.example.com/v1/find'
    """
    parts = urlsplit(address)
    joined = f"{parts.path.rstrip('/')}/{path.lstrip('/')}" if path else parts.path
    return urlunsplit((parts.scheme, parts.netloc, joined, "", ""))
