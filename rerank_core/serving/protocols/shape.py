"""What a protocol is: a schema of the request, and how answers and errors are written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from rerank_core.serving.asked import Asked
from rerank_core.serving.protocols.places import Place
from rerank_core.serving.served import Answer

Document = str | dict[str, Any]
Count = Annotated[int, Field(ge=1, le=1_000_000)]


class Fields(BaseModel):
    """The fields of a request: no other ones, and each of its own type, so that a typo does not pass in silence."""

    model_config = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, slots=True)
class Reply:
    """What an answer is made of. `places`: those to return, best first, of all the answer's."""

    request: str
    system: str
    key: str
    asked: Asked
    answer: Answer
    places: tuple[Place, ...]
    warnings: tuple[str, ...]
    milliseconds: Mapping[str, float]

    @property
    def facts(self) -> dict[str, Any]:
        """What no protocol has a field for: which system ranked, what was cut, what has no score."""
        cut = [{"index": place.index, "tokens": place.tokens_cut} for place in self.places if place.tokens_cut]
        return {
            "system": self.system,
            "key": self.key,
            "cut": cut,
            "unscored": [place.index for place in self.places if not place.has_score],
            "notes": list(self.answer.ranking.notes),
            "kept_scores": self.answer.hits,
            "milliseconds": {name: round(value, 3) for name, value in self.milliseconds.items()},
        }

    @property
    def headers(self) -> dict[str, str]:
        """The same, short, where the body of an answer is only a list."""
        told = {"X-Rerank-Lens-System": self.key}
        if cut := ",".join(f"{place.index}:{place.tokens_cut}" for place in self.places if place.tokens_cut):
            told["X-Rerank-Lens-Cut"] = cut[:4000]
        if unscored := ",".join(str(place.index) for place in self.places if not place.has_score):
            told["X-Rerank-Lens-Unscored"] = unscored[:4000]
        return {name: value.encode("ascii", "replace").decode("ascii") for name, value in told.items()}


class Shape(ABC):
    """One protocol. `name` is its label in logs, `fields` its request, `invalid` the status of one that is wrong."""

    name: str
    fields: type[Fields]
    invalid: int = 422

    @abstractmethod
    def asked(self, given: Any) -> Asked:
        """What the request asks for; `given` is an instance of `fields`. Raises SettingsError."""

    def top(self, given: Any) -> int | None:
        """How many places to return; None: all."""
        top: int | None = getattr(given, "top_n", None)
        return top

    @abstractmethod
    def answer(self, given: Any, reply: Reply) -> Any:
        """The body of the answer."""

    @abstractmethod
    def error(self, status: int, message: str) -> dict[str, Any]:
        """The body of an error."""
