"""What is asked of a served system: a query and the passages of one request, each known by its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.types import Doc, Query, Ranking, ScoredDoc

TEXT_FIELDS = ("text", "content", "page_content")
_ID_FIELDS = ("id", "_id", "docid")
_HALF_PAIRS = range(0xD800, 0xE000)
_MOST_SCORE = 1e30
"""No search gives more than this; sums and products of such scores stay numbers."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `docs` are in the caller's order; the docid of each is its place, from 0, as text.

    `ids` are the caller's own ids of the passages and `scores` the first stage's, None where the caller gave none.
    `warnings` are lines for the caller, such as an option that this server does not have.
    """

    query: str
    docs: tuple[Doc, ...]
    ids: tuple[str | None, ...]
    scores: tuple[float | None, ...]
    warnings: tuple[str, ...] = ()

    @property
    def query_row(self) -> Query:
        """The query as systems take it."""
        return Query("", self.query)

    @property
    def candidates(self) -> Ranking:
        """The passages as the first stage's ranking, in the order that they came in."""
        rows = zip(self.docs, self.scores, strict=True)
        return Ranking("", "", tuple(ScoredDoc(doc.docid, score, rank) for rank, (doc, score) in enumerate(rows, 1)))


def asked(
    query: str,
    documents: Sequence[str | Mapping[str, Any]],
    where: str = "documents",
    read: Sequence[str] = (),
    warnings: Iterable[str] = (),
) -> Asked:
    """A request's query and documents, each a text or an object.

    Of an object, `text` (or `content`) is the text, `title` the title, `id` the caller's id and `score` the first
    stage's score; all other fields, and those of an object `metadata`, are what signals read. `read` names the fields
    that make the text instead, joined by line breaks. `where` names the list in messages. Raises SettingsError for what
    cannot be read.
    """
    if not query.strip():
        raise SettingsError("query must not be empty")
    _refuse_half_pairs("query", query)
    if not documents:
        raise SettingsError(f"{where} must not be empty")
    rows = [_row(f"{where}[{place}]", place, document, read) for place, document in enumerate(documents)]
    docs, ids, scores = zip(*rows, strict=True)
    return Asked(query, docs, ids, scores, tuple(warnings))


def _row(
    where: str, place: int, document: str | Mapping[str, Any], read: Sequence[str]
) -> tuple[Doc, str | None, float | None]:
    if isinstance(document, str):
        _refuse_half_pairs(where, document)
        return Doc(str(place), document), None, None
    fields = dict(document)
    title, text = ("", _joined(where, fields, read)) if read else (_title(where, fields), _text(where, fields))
    _refuse_half_pairs(where, title + text)
    own_id = next((fields.pop(name) for name in _ID_FIELDS if name in fields), None)
    if own_id is not None and (type(own_id) not in (str, int) or len(str(own_id)) > 500):
        raise SettingsError(f"{where}.id must be a text of at most 500 characters, or a whole number")
    score = fields.pop("score", None)
    if score is not None and (type(score) not in (int, float) or not -_MOST_SCORE <= score <= _MOST_SCORE):
        raise SettingsError(f"{where}.score must be a number from -1e30 to 1e30")
    nested = fields.pop("metadata", None)
    if nested is not None and not isinstance(nested, Mapping):
        raise SettingsError(f"{where}.metadata must be an object")
    metadata = {**(nested or {}), **fields}
    return (
        Doc(str(place), text, title, metadata),
        None if own_id is None else str(own_id),
        None if score is None else float(score),
    )


def _title(where: str, fields: dict[str, Any]) -> str:
    title = fields.pop("title", None) or ""
    if not isinstance(title, str):
        raise SettingsError(f"{where}.title must be a text")
    return title


def _text(where: str, fields: dict[str, Any]) -> str:
    for name in TEXT_FIELDS:
        if name in fields:
            text = fields.pop(name)
            if not isinstance(text, str):
                raise SettingsError(f"{where}.{name} must be a text")
            return text
    raise SettingsError(f"{where} has no field text")


def _joined(where: str, fields: dict[str, Any], read: Sequence[str]) -> str:
    parts = [fields[name] for name in read if fields.get(name) is not None]
    if not parts or not all(isinstance(part, str) for part in parts):
        raise SettingsError(f"{where} must have a text in one of the fields {', '.join(read)}")
    for name in TEXT_FIELDS:
        fields.pop(name, None)
    return "\n".join(parts)


def _refuse_half_pairs(where: str, text: str) -> None:
    if not text.isascii() and any(ord(sign) in _HALF_PAIRS for sign in text):
        raise SettingsError(f"{where} holds half of a surrogate pair, which is no text")
