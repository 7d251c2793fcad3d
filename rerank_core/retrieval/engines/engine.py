"""What every engine does, and what it answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from rerank_core.retrieval.engines.failures import failed
from rerank_core.retrieval.engines.source import EngineSource, Fields
from rerank_core.retrieval.engines.template import Template
from rerank_core.types import Doc, text_hash

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Column:
    """A field of an index. `kind`: its type, as the engine calls it. `dimensions`: of a vector, 0 for all else."""

    name: str
    kind: str
    dimensions: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found. `score`: raw, as the engine gave it; None where it gives an order only."""

    doc: Doc
    score: float | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a template is filled with. `vector`, `sparse`: None where the template has no place for them."""

    query: str
    k: int
    vector: NDArray[np.float32] | None = None
    sparse: Mapping[str, list[Any]] | None = None

    def as_json(self) -> dict[str, Any]:
        """The values by the names of their places, plain JSON."""
        return {
            "query": self.query,
            "k": self.k,
            "vector": [float(value) for value in self.vector] if self.vector is not None else None,
            "sparse": dict(self.sparse) if self.sparse is not None else None,
        }


class Engine(Protocol):
    """A search engine that can be asked. Each method raises ProviderError with one line: the address and what to do."""

    def indexes(self) -> list[str]:
        """The names of its indexes, collections or tables, in order; [] where it cannot say."""

    def columns(self, index: str) -> list[Column]:
        """The fields of an index; [] where it cannot say."""

    def search(self, template: Template, asked: Asked) -> list[Hit]:
        """The hits, best first, `asked.k` at most, each docid once."""

    def missing(self, docids: Sequence[str]) -> set[str]:
        """Those of the docids that the index does not hold."""

    def create(self, dimensions: int) -> None:
        """Make the index for passages with vectors of this length, unless it is there. 0: without vectors."""

    def put(self, docs: Sequence[Doc], vectors: Sequence[NDArray[np.float32] | None]) -> None:
        """Put passages into the index, in the place of those with their docids; all of them or an error.

        `vectors`: one for each passage, None where it has no text or the source no field for them.
        """

    def finish(self) -> None:
        """Whatever is best done once the index is full; nothing for most."""

    def close(self) -> None:
        """Close the connections."""


def request_hash(source: EngineSource, template: Template, asked: Asked) -> str:
    """32 hex digits over all that was asked, and of whom."""
    parts = [source.engine, source.address, source.index, template.to_dict(), asked.as_json()]
    return text_hash(json.dumps(parts, ensure_ascii=False, sort_keys=True))


def hits_of(source: EngineSource, rows: Iterable[tuple[Mapping[str, Any], float | None]], k: int) -> list[Hit]:
    """Rows (a field's name or path -> value, score) as hits; of a docid that comes again the first one counts.

    Raises ProviderError for half an answer: a row without the fields that hold the id and the text.
    """
    found: dict[str, Hit] = {}
    for place, (row, score) in enumerate(rows, start=1):
        docid = _text(at(row, source.fields.docid))
        if not docid:
            raise failed(source, f"hit {place} has no id in '{source.fields.docid}'{_has(row)}", "Name another field.")
        if docid not in found:
            found[docid] = Hit(_doc(source, docid, place, row), score)
        if len(found) == k:
            break
    return list(found.values())


def _doc(source: EngineSource, docid: str, place: int, row: Mapping[str, Any]) -> Doc:
    named: Fields = source.fields
    text = at(row, named.text)
    if text is None:
        raise failed(
            source, f"hit {place} ('{docid[:60]}') has no text in '{named.text}'{_has(row)}", "Name another field."
        )
    metadata = {name: value for name in named.metadata if (value := at(row, name)) is not None}
    # what JSON cannot hold (dates, decimals) is kept as text
    metadata = json.loads(json.dumps(metadata, default=str))
    return Doc(docid, _text(text), _text(at(row, named.title)) if named.title else "", metadata)


def at(row: Any, path: str) -> Any:
    """What lies at a dotted path, None where nothing does; a number is a place in a list.

    >>> at({"a": {"b": [{"c": 7}]}}, "a.b.0.c"), at({"a.b": 1}, "a.b"), at({}, "x")
    (7, 1, None)
    """
    if isinstance(row, Mapping) and path in row:
        return row[path]
    if not path:
        return None
    for name in path.split("."):
        if isinstance(row, Mapping):
            row = row.get(name)
        elif isinstance(row, list) and name.isdecimal():
            row = row[int(name)] if int(name) < len(row) else None
        else:
            return None
    return row


def paths_in(row: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted path, value) of all that is no object, in order."""
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from paths_in(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(_text(part) for part in value)
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, Mapping | bool) else str(value)


def _has(row: Mapping[str, Any]) -> str:
    names = [path for path, _ in paths_in(row)][:8]
    return f", it has {', '.join(names)}" if names else ", it is empty"
