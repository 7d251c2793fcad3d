"""What each column of a file holds: the roles that there are, those that a person chose, and those that are guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

from rerank_core.corpus.formats.usual_names import (
    NOTES,
    PASSAGE_IDS,
    QUERY_IDS,
    QUERY_TAGS,
    QUERY_TEXTS,
    TAGS,
    TEXTS,
    TITLES,
    find_usual,
)

Role = Literal["id", "title", "text", "tags", "filter", "note", "query", "passage", "grade", "not read"]
"""What a column holds. `filter`: it stays with the passage, and passages can be filtered by it. `query`, `passage`: of
a grade, the query's id or text, and the passage's id."""
ROLES: tuple[Role, ...] = get_args(Role)
ROLES_OF: Mapping[str, tuple[Role, ...]] = {
    "passages": ("id", "title", "text", "tags", "filter", "not read"),
    "queries": ("id", "text", "note", "tags", "not read"),
    "grades": ("query", "passage", "grade", "not read"),
}
"""Part of a dataset -> the roles that the columns of its files can have."""
NEEDED: Mapping[str, tuple[Role, ...]] = {
    "passages": ("id", "text"),
    "queries": ("text",),
    "grades": ("query", "passage", "grade"),
}
"""Part -> the roles without which no row of it can be read. Queries without an id are numbered."""
SEVERAL: tuple[Role, ...] = ("tags", "filter", "not read")
"""The roles that more than one column of a file can have."""


@dataclass(frozen=True, slots=True)
class Columns:
    """How the columns of a file are read. None and (): guess.

    `id`, `title`, `text`: names of the passages' fields, in whichever file has them. `roles`: (column, its role) of
    this file; they win. `header`: of a table, whether its first row names the columns; where it does not they are
    called "column 1", "column 2" ... `optional`: columns of `roles` that the file need not have.
    """

    id: str | None = None
    title: str | None = None
    text: str | None = None
    roles: tuple[tuple[str, Role], ...] = ()
    header: bool | None = None
    optional: frozenset[str] = frozenset()

    def chosen(self, role: Role) -> tuple[str, ...]:
        """The columns that were given this role."""
        return tuple(name for name, given in self.roles if given == role)


USUAL = Columns()
"""The usual names."""


@dataclass(frozen=True, slots=True)
class Found:
    """Which of a file's columns hold what. None and (): none does."""

    id: str | None = None
    title: str | None = None
    text: str | None = None
    note: str | None = None
    tags: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


NOTHING = Found()


def passage_columns(names: tuple[str, ...], chosen: Columns) -> Found:
    """The fields of a passage among a record's `names`: the chosen ones, else the usual names in any case."""
    return _cached(_passage_columns, names, chosen)


def query_columns(names: tuple[str, ...], chosen: Columns = USUAL) -> Found:
    """As `passage_columns`, by the names that queries use; `id`, `title` and `text` of `chosen` play no part."""
    return _cached(_query_columns, names, chosen)


_Finder = Callable[[tuple[str, ...], Columns], Found]


def _cached(find: _Finder, names: tuple[str, ...], chosen: Columns) -> Found:
    few = len(names) <= _REMEMBERED_FIELDS and sum(map(len, names)) <= _REMEMBERED_CHARS
    return _remembered(find, names, chosen) if few else find(names, chosen)


_REMEMBERED_FIELDS, _REMEMBERED_CHARS = 200, 10_000


@lru_cache(maxsize=512)
def _remembered(find: _Finder, names: tuple[str, ...], chosen: Columns) -> Found:
    return find(names, chosen)


def _passage_columns(names: tuple[str, ...], chosen: Columns) -> Found:
    text = _field(names, chosen, "text", chosen.text, TEXTS)
    title = _field(names, chosen, "title", chosen.title, TITLES, () if text is None else (text,))
    return Found(
        id=_field(names, chosen, "id", chosen.id, PASSAGE_IDS),
        title=title if title != text else None,
        text=text,
        tags=_among(names, chosen.chosen("tags")),
        left_out=_among(names, chosen.chosen("not read")),
    )


def _query_columns(names: tuple[str, ...], chosen: Columns) -> Found:
    tags = _among(names, chosen.chosen("tags"))
    usual = find_usual(_free(names, chosen), QUERY_TAGS)
    return Found(
        id=_field(names, chosen, "id", None, QUERY_IDS),
        text=_field(names, chosen, "text", None, QUERY_TEXTS),
        note=_field(names, chosen, "note", None, NOTES),
        tags=tags or ((usual,) if usual is not None else ()),
        left_out=_among(names, chosen.chosen("not read")),
    )


def _field(
    names: tuple[str, ...],
    chosen: Columns,
    role: Role,
    everywhere: str | None,
    usual: Sequence[str],
    taken: tuple[str, ...] = (),
) -> str | None:
    """The column of a role: given to it in this file, named for all files, or of a usual name that has no role."""
    given = _among(names, chosen.chosen(role))
    if given:
        return given[0]
    if everywhere is not None:
        return everywhere if everywhere in names else None
    return find_usual([name for name in _free(names, chosen) if name not in taken], usual)


def _free(names: tuple[str, ...], chosen: Columns) -> tuple[str, ...]:
    """The names that were given no role."""
    given = {name for name, _ in chosen.roles}
    return tuple(name for name in names if name not in given) if given else names


def _among(names: tuple[str, ...], chosen: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in chosen if name in names) if chosen else ()


def is_tags_name(name: str) -> bool:
    """Whether a column of passages is usually called so that holds several values in a cell."""
    return find_usual((name,), TAGS) is not None


def numbered(width: int) -> list[str]:
    """What the columns of a table without a header are called."""
    return [f"column {place}" for place in range(1, width + 1)]
