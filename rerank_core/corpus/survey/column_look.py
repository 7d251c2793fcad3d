"""What each column of a file is taken for, and why: by what a person chose, by its name, else by what it holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from rerank_core.corpus.formats.columns import NEEDED, Columns, Role, is_tags_name, passage_columns, query_columns
from rerank_core.corpus.formats.judgments import find_places, is_grade
from rerank_core.corpus.formats.record import weight
from rerank_core.corpus.formats.usual_names import FILTERS, find_usual, letters, name_words
from rerank_core.corpus.survey.names import Part

AS_CHOSEN = "as you said"
_A_FEW = 12
"""A column with so many values at the most, and fewer than rows, is one that people filter by."""
_LAST_WORDS: dict[Role, frozenset[str]] = {
    "id": frozenset(map(letters, ("id", "ids", "key", "nr", "no", "num", "number", "nummer", "code", "ref", "uid"))),
    "title": frozenset(map(letters, ("title", "titel", "titre", "headline", "heading", "subject", "betreff", "name"))),
    "text": frozenset(map(letters, ("text", "body", "content", "description", "inhalt", "beschreibung", "texte"))),
    "grade": frozenset(map(letters, ("grade", "rating", "label", "relevance", "score", "note", "bewertung"))),
    "query": frozenset(map(letters, ("query", "queries", "search", "question", "term", "frage", "suche"))),
    "passage": frozenset(map(letters, ("doc", "document", "article", "passage", "artikel", "product", "item"))),
}
"""The last word of a name that says what the column holds, where the whole name is not a usual one."""


@dataclass(frozen=True, slots=True)
class ColumnLook:
    """What a column is taken for. `why`: a clause without its stop. `sure`: False where a person should look again."""

    name: str
    role: Role
    why: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a column holds in the rows that were looked at."""

    name: str
    place: int
    values: tuple[str, ...]
    rows: int

    @property
    def words(self) -> float:
        return fmean(len(value.split()) for value in self.values) if self.values else 0.0

    @property
    def length(self) -> float:
        return fmean(map(len, self.values)) if self.values else 0.0

    @property
    def distinct(self) -> int:
        return len(set(self.values))

    @property
    def names_rows(self) -> bool:
        """Whether each row has another short value without spaces, as an id is."""
        alone = self.rows > 0 and len(self.values) == self.rows == self.distinct
        return alone and all(len(value) <= 200 and len(value.split()) == 1 for value in self.values)

    @property
    def is_token(self) -> bool:
        return bool(self.values) and all(len(value.split()) == 1 and len(value) <= 200 for value in self.values)

    @property
    def is_graded(self) -> bool:
        return bool(self.values) and self.distinct <= _A_FEW and all(map(is_grade, self.values))

    def ends_in(self, role: Role) -> bool:
        words = name_words(self.name)
        return bool(words) and (words[-1] in _LAST_WORDS[role] or words[0] in _LAST_WORDS[role] - {"no", "name"})


def look_at_columns(
    names: tuple[str, ...], rows: Sequence[Sequence[Any]], part: Part, chosen: Columns
) -> tuple[ColumnLook, ...]:
    """What each of the columns is taken for in a file of this part; () for a part whose columns have no roles.

    `rows`: the first rows, values as they were read. Where the part needs a column that no usual name tells, the
    likeliest one is taken by what it holds, and is not sure.
    """
    if part not in NEEDED:
        return ()
    facts = [_facts(name, place, rows) for place, name in enumerate(names)]
    found = _found(names, part, chosen)
    given = dict(chosen.roles)
    guessed = _guesses(facts, part, found, given)
    return tuple(_look(fact, part, given, found, guessed) for fact in facts)


def _facts(name: str, place: int, rows: Sequence[Sequence[Any]]) -> _Facts:
    cells = [row[place] for row in rows if place < len(row)]
    values = (_text(cell).strip() for cell in cells if cell is not None)
    return _Facts(name, place, tuple(value for value in values if value), len(rows))


def _text(cell: Any) -> str:
    return cell[:2_000] if isinstance(cell, str) else f"{cell}" if weight(cell) < 2_000 else "…"


def _found(names: tuple[str, ...], part: Part, chosen: Columns) -> dict[str, Role]:
    """Column -> its role, by the choices and the usual names, as the readers find them."""
    if part == "grades":
        return _found_grades(names, chosen)
    found = passage_columns(names, chosen) if part == "passages" else query_columns(names, chosen)
    roles: dict[str, Role] = dict.fromkeys(found.tags, "tags")
    roles |= dict.fromkeys(found.left_out, "not read")
    singles: tuple[tuple[str | None, Role], ...] = (
        (found.note, "note"),
        (found.title, "title"),
        (found.text, "text"),
        (found.id, "id"),
    )
    return roles | {name: role for name, role in singles if name is not None}


def _found_grades(names: tuple[str, ...], chosen: Columns) -> dict[str, Role]:
    places = find_places(names, chosen)
    if places is not None:
        return {names[places.query]: "query", names[places.docid]: "passage", names[places.grade]: "grade"}
    # what is there of the three: find_places answers for all of them together
    roles: tuple[Role, ...] = ("query", "passage", "grade")
    return {name: role for role in roles for name in chosen.chosen(role) if name in names}


def _guesses(facts: list[_Facts], part: Part, found: dict[str, Role], given: dict[str, Role]) -> dict[str, Role]:
    """Column -> role, for the roles that the part needs and that no usual name tells, by what the columns hold."""
    open_facts = [fact for fact in facts if fact.name not in found and fact.name not in given and fact.values]
    guessed: dict[str, Role] = {}

    def guess(role: Role, candidates: list[_Facts], rank: Callable[[_Facts], Any]) -> None:
        left = [fact for fact in candidates if fact.name not in guessed]
        if role not in found.values() and left:
            guessed[max(left, key=rank).name] = role

    def by_name(role: Role) -> list[_Facts]:
        return [fact for fact in open_facts if fact.ends_in(role)]

    if part == "grades":
        tokens = [fact for fact in open_facts if fact.is_token and not fact.is_graded]
        guess("grade", [fact for fact in open_facts if fact.is_graded], lambda f: (f.ends_in("grade"), f.place))
        guess("passage", by_name("passage") or tokens, lambda f: (f.is_token, f.distinct, f.place))
        guess("query", by_name("query") or open_facts, lambda f: (not f.is_graded, -f.place))
        return guessed
    guess("id", [f for f in open_facts if f.names_rows], lambda f: (f.ends_in("id"), -f.place))
    long = [fact for fact in open_facts if fact.words >= 3 or part == "queries"]
    guess("text", by_name("text") if part == "passages" else [], lambda f: f.length)
    guess("text", long or open_facts, lambda f: (f.length, -f.place))
    if part == "passages":
        titles = [f for f in open_facts if 1.5 <= f.words <= 20 and f.distinct >= 0.8 * len(f.values)]
        named = [fact for fact in by_name("title") if fact.distinct >= 0.5 * len(fact.values)]
        guess("title", named or ([] if _untold(facts, found) else titles), lambda f: (f.words, -f.place))
    return guessed


def _untold(facts: list[_Facts], found: dict[str, Role]) -> bool:
    """Whether the usual names tell the id and the text: then a title would have had one too."""
    return {"id", "text"} <= set(found.values())


def _look(
    fact: _Facts, part: Part, given: dict[str, Role], found: dict[str, Role], guessed: dict[str, Role]
) -> ColumnLook:
    name = fact.name
    if name in given and found.get(name, "filter") == given[name]:
        return ColumnLook(name, given[name], AS_CHOSEN)
    if name in found:
        return ColumnLook(name, found[name], _usually(found[name]))
    if name in guessed:
        return ColumnLook(name, guessed[name], _by_content(fact, guessed[name]), sure=False)
    if part != "passages":
        return ColumnLook(name, "not read", f"{part} have no place for it")
    if is_tags_name(name):
        return ColumnLook(name, "tags", _usually("tags"))
    if find_usual((name,), FILTERS) is not None:
        return ColumnLook(name, "filter", "a usual name of what people filter by")
    if fact.values and fact.distinct <= _A_FEW and fact.distinct < len(fact.values):
        return ColumnLook(name, "filter", f"{fact.distinct} different values in the first {fact.rows} rows")
    return ColumnLook(name, "filter", "kept beside the text")


def _usually(role: Role) -> str:
    nouns = {"id": "an id", "tags": "tags", "passage": "a passage's id"}
    return f"a usual name of {nouns.get(role, f'a {role}')}"


def _by_content(fact: _Facts, role: Role) -> str:
    return {
        "id": "each row has another value, without spaces",
        "text": "it has the longest texts",
        "title": "it has short texts, another one in each row",
        "grade": "it has a few whole numbers",
        "passage": "its values look like ids",
        "query": "it stands where queries usually do",
    }[role]
