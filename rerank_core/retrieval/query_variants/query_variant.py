"""A variant of the queries: which language model writes what, by which prompt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from rerank_core.errors import SettingsError
from rerank_core.retrieval.query_variants.prompts import COUNT, HYDE, KINDS, PROMPTS, REWRITE, SEVERAL

OPENAI = "https://api.openai.com/v1"
OPENAI_KEY = "OPENAI_API_KEY"
_NAMES = {HYDE: "HyDE", REWRITE: "Rewritten", SEVERAL: "Several queries", "expand": "Expanded"}
_ADDRESS = re.compile(r"https?://[^\s/?#@]+(/[^\s?#@]*)?")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*_(KEY|TOKEN)")
_LONGEST_PROMPT = 20_000
MOST_QUERIES = 10
_FORM = 1
"""Another number wherever an answer is read, or searched with, in another way."""


@dataclass(frozen=True, slots=True)
class QueryVariant:
    """What is done with a query before it is searched, by a language model behind an OpenAI-compatible address.

    `kind`: "hyde" (Gao et al. 2023, arXiv 2212.10496: a made-up passage is searched beside the query), "rewrite" (one
    other query in its place), "several" (other queries beside it, fused by reciprocal ranks), "expand" (words that are
    added to it). `key_variable`: the environment variable that holds the key; "" is OPENAI_API_KEY at OpenAI's own
    address, and none elsewhere. `prompt`: "" for that of the kind; `{{n}}` in it stands for `queries`, which only
    "several" reads. `max_answer_tokens` count a model's thoughts too. `timeout`: seconds for one question. Raises
    SettingsError for what cannot be.

    >>> import rerank_core as rl
    >>> rl.QueryVariant("hyde", "gpt-4o-mini").label
    'HyDE by gpt-4o-mini'
    """

    kind: str
    model: str
    address: str = OPENAI
    key_variable: str = ""
    prompt: str = ""
    queries: int = 3
    max_answer_tokens: int = 1000
    timeout: float = 60.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise SettingsError(f"Unknown query variant {self.kind!r}; known: {', '.join(KINDS)}.")
        if not isinstance(self.model, str) or not self.model.strip():
            raise SettingsError("A query variant needs the name of a language model.")
        if not isinstance(self.address, str) or not _ADDRESS.fullmatch(self.address):
            raise SettingsError(
                "The address of a language model must be one such as http://gpu-1:8000/v1, without user, password or "
                "question mark."
            )
        if self.key_variable and not _VARIABLE.fullmatch(self.key_variable):
            # the value stays out of the message: somebody may have pasted a key
            raise SettingsError(
                "Name the environment variable of the key, which ends in _KEY or _TOKEN, never the key."
            )
        if not isinstance(self.prompt, str) or len(self.prompt) > _LONGEST_PROMPT:
            raise SettingsError(f"A prompt is a text of at most {_LONGEST_PROMPT:,} characters.")
        if type(self.queries) is not int or not 1 <= self.queries <= MOST_QUERIES:
            raise SettingsError(f"The number of queries lies from 1 to {MOST_QUERIES}, not {self.queries!r}.")
        if type(self.max_answer_tokens) is not int or not 1 <= self.max_answer_tokens <= 131_072:
            raise SettingsError("The tokens of an answer lie from 1 to 131,072.")
        if not isinstance(self.timeout, int | float) or not 0 < self.timeout <= 3600:
            raise SettingsError("The seconds for one question lie above 0, up to 3,600.")

    @property
    def system(self) -> str:
        """The message that says what to do, as it is sent."""
        return (self.prompt.strip() or PROMPTS[self.kind]).replace(COUNT, str(self.queries))

    @property
    def host(self) -> str:
        """Where queries are sent: the address's host, with its port."""
        return urlsplit(self.address).netloc

    @property
    def keys(self) -> tuple[str, ...]:
        """The environment variables of which one must be set; () where no key is needed."""
        if self.key_variable:
            return (self.key_variable,)
        return (OPENAI_KEY,) if self.address.rstrip("/") == OPENAI else ()

    @property
    def label(self) -> str:
        """Its name for the screen, such as "HyDE by gpt-4o-mini"; what is not usual is said."""
        own = ", own prompt" if self.prompt.strip() not in ("", PROMPTS[self.kind]) else ""
        return f"{_NAMES[self.kind]} by {self.model}{own}"

    @property
    def key(self) -> str:
        """A text that is alike for variants that ask alike: under it answers are kept."""
        return "\x00".join(map(str, self.matters()))

    def matters(self) -> list[Any]:
        """What its answers and its searches depend on, as JSON values."""
        count = self.queries if self.kind == SEVERAL else 0
        return [self.kind, self.model, self.address.rstrip("/"), self.system, count, _FORM]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values that `from_dict` reads back to an equal variant; what is at its default is left out."""
        usual = {each.name: each.default for each in fields(self)}
        return {name: value for name, value in asdict(self).items() if value != usual[name]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> QueryVariant:
        """Read what `to_dict` wrote. Raises SettingsError, also for a name that is not known."""
        if not isinstance(values, Mapping):
            raise SettingsError("A query variant is a JSON object.")
        known = {each.name for each in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise SettingsError(f"A query variant has no {', '.join(unknown)}; it has {', '.join(sorted(known))}.")
        try:
            return cls(**values)
        except TypeError as error:
            raise SettingsError("A query variant needs a kind and a model.") from error
