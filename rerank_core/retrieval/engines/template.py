"""A query in the engine's own language, with places for the query's text, its vector, and how many hits are wanted.

What a person typed is handed over as a JSON value or as a parameter of SQL, and is never pasted into the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rerank_core.errors import SettingsError

QUERY, VECTOR, SPARSE, COUNT = PLACES = ("query", "vector", "sparse", "k")
"""`{{sparse}}` is {"indices": [...], "values": [...]}, the words of the query as Qdrant takes them."""
_PLACE = re.compile(r"\{\{\s*+(\w*+)\s*+\}\}")
_NAME = re.compile(r"[\w.+-]{1,60}")
_LONGEST = 100_000


@dataclass(frozen=True, slots=True)
class Template:
    """One way to ask a source: a first stage of its own. A template is never changed; another one has another name.

    `text`: SQL for PostgreSQL, JSON for all others. `settings`: for PostgreSQL, what is set for the time of the query
    ("hnsw.ef_search" -> "200"). Raises SettingsError for a name or a text that cannot be used.
    """

    name: str
    text: str
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise SettingsError(f"{self.name[:60]!r} is no name of a template: letters, digits and . _ + - only.")
        if not self.text.strip() or len(self.text) > _LONGEST:
            raise SettingsError(f"The template '{self.name}' has no text, or more than {_LONGEST:,} characters.")
        unknown = sorted(self.places - set(PLACES))
        if unknown:
            known = ", ".join(f"{{{{{place}}}}}" for place in PLACES)
            raise SettingsError(f"The template '{self.name}' has {{{{{unknown[0]}}}}}; there are {known}.")
        if not self.places & {QUERY, VECTOR, SPARSE}:
            raise SettingsError(f"The template '{self.name}' asks the same for every query: {{{{query}}}} is missing.")

    @property
    def places(self) -> set[str]:
        """What the template wants filled."""
        return set(_PLACE.findall(self.text))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"name": self.name, "text": self.text, "settings": dict(self.settings)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Template:
        """Read what `to_dict` wrote. Raises SettingsError."""
        try:
            text = values["text"]
            # in a file of a person's own the JSON may stand as JSON
            text = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False, indent=1)
            return cls(str(values["name"]), text, dict(values.get("settings") or {}))
        except (KeyError, TypeError, ValueError) as error:
            raise SettingsError("A template has a name and a text.") from error

    def as_sql(self) -> str:
        """The SQL with psycopg's named places; `%` stands for itself. A vector is cast, as it is sent as text.

        >>> Template("a", "SELECT '100%' WHERE body = {{query}} LIMIT {{k}}").as_sql()
        "SELECT '100%%' WHERE body = %(query)s LIMIT %(k)s"

        Raises SettingsError where a place stands inside of quotes, and so would be text.
        """
        for quoted in re.finditer(r"'(?:[^']|'')*'", self.text):
            if _PLACE.search(quoted[0]):
                raise SettingsError(
                    f"The template '{self.name}' has {quoted[0][:60]}: write the place without quotes, it is a value."
                )
        casts = {QUERY: "", COUNT: "", VECTOR: "::vector", SPARSE: "::jsonb"}
        parts = _PLACE.split(self.text)
        filled = [f"%({part})s{casts[part]}" if at % 2 else part.replace("%", "%%") for at, part in enumerate(parts)]
        return "".join(filled)

    def as_json(self, values: Mapping[str, Any]) -> Any:
        """The JSON with each `"{{place}}"` as the value of that name.

        >>> Template("a", '{"match": {"body": "{{query}}"}, "size": "{{k}}"}').as_json({"query": 'say "no"', "k": 10})
        {'match': {'body': 'say "no"'}, 'size': 10}

        Raises SettingsError where the text is no JSON, or a place is a part of a longer text: there what somebody types
        would be read as the engine's language.
        """
        try:
            parsed = json.loads(self.text)
        except ValueError as error:
            raise SettingsError(
                f"The template '{self.name}' is no JSON: {error}. A place stands in quotes: \"{{{{k}}}}\"."
            ) from error
        return self._filled(parsed, values)

    def _filled(self, part: Any, values: Mapping[str, Any]) -> Any:
        if isinstance(part, dict):
            for name in part:
                self._refuse_place(name)
            return {name: self._filled(value, values) for name, value in part.items()}
        if isinstance(part, list):
            return [self._filled(value, values) for value in part]
        if isinstance(part, str):
            if whole := _PLACE.fullmatch(part.strip()):
                return values.get(whole[1])
            self._refuse_place(part)
        return part

    def _refuse_place(self, text: str) -> None:
        if _PLACE.search(text):
            raise SettingsError(
                f"The template '{self.name}' has {text[:60]!r}: a place is a whole value, and not a part of a text."
            )


def texts_in(value: Any) -> Iterator[str]:
    """All texts inside of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)
