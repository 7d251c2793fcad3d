"""What an import found: counts, and the oddities that were kept, skipped or left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from rerank_core.errors import printable
from rerank_core.text import shortened

LISTED = 20


@dataclass(frozen=True, slots=True)
class Listed:
    """How many there are, and the first 20 of them."""

    count: int = 0
    first: tuple[str, ...] = ()

    @classmethod
    def of(cls, items: Iterable[str]) -> Listed:
        """Count `items` and keep the first 20."""
        everything = tuple(items)
        return cls(len(everything), everything[:LISTED])


def first_texts(texts: Sequence[str]) -> tuple[str, ...]:
    """The first five of these texts, each cut to 80 characters, to be named in a report."""
    return tuple(shortened(" ".join(text[:400].split()), 80) for text in texts[:5])


@dataclass(slots=True)
class Counted:
    """Items as they come: how many, and the first 20 of them. `listed` when all have come."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, items: Sequence[str]) -> None:
        """Count these too."""
        self.count += len(items)
        self.first += items[: LISTED - len(self.first)]

    @property
    def listed(self) -> Listed:
        """What came so far."""
        return Listed(self.count, tuple(self.first))


@dataclass(frozen=True, slots=True)
class NotRead:
    """Something that an import left out: `files` of this `kind`, all for the same reason `why`.

    `count`: how many files; where the kind is `COLUMNS`, how many columns of the one file, which `why` names.
    """

    kind: str
    why: str
    count: int
    files: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> NotRead:
        """The inverse of `asdict`, also out of JSON."""
        return cls(plain["kind"], plain["why"], plain["count"], tuple(plain["files"]))


COLUMNS = "columns"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came into the dataset.

    `passages`, `queries`, `judgments`: what the dataset holds now (judgments: distinct pairs of query and passage).
    `files`: role ('passages', 'queries', 'judgments') -> names of the files that were read. `splits`: the splits whose
    judgments were taken. `queries_left_out`: queries of other splits, not imported.
    `same_docs`: passages that came again with the same content, skipped. `conflicting_docs`: ids that came again with
    another content; the first one is kept. `empty_texts`: kept. `same_queries`, `conflicting_queries`: the same for
    queries. `same_judgments`, `conflicting_judgments`: pairs that came again with the same, or another, grade; the
    newest grade counts. `ungraded`: rows whose grade was blank, left out.
    `docs_without_text`: judged ids that are no passage here, their judgments kept. `queries_without_judgments`: kept;
    `first_without_judgments`: the texts of the first five of them, cut to 80 characters.
    `judgments_of_unknown_queries`: qids that are judged and are no query here, their judgments kept.
    `queries_with_passage_ids`: qids that are docids too (not counted where all are plain numbers and no text is the
    same); `queries_as_passages`: those of them whose text is the passage's as well, as in ArguAna and Quora.
    `grades`: grade -> number of pairs. `words`: bin -> passages, words of title and text; `longest`: words of the
    longest. `over_512`: passages of more than 512 tokens, counted exactly (BERT's uncased tokens,
    [CLS] and [SEP] included). `not_read`: the files and columns that were left out. `met_by_form`: graded ids that are
    written in another Unicode form than their passages' ids, whose grades were given to these; `queries_met_by_form`:
    qids of the files, likewise another form of a query's qid. `windows_1252`: the files that were read as
    Windows-1252, since they are not UTF-8. `seconds`: how long the import took.
    """

    passages: int = 0
    queries: int = 0
    judgments: int = 0
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    splits: tuple[str, ...] = ()
    queries_left_out: int = 0
    same_docs: int = 0
    conflicting_docs: Listed = Listed()
    empty_texts: int = 0
    same_queries: int = 0
    conflicting_queries: Listed = Listed()
    same_judgments: int = 0
    conflicting_judgments: int = 0
    ungraded: int = 0
    docs_without_text: Listed = Listed()
    queries_without_judgments: int = 0
    first_without_judgments: tuple[str, ...] = ()
    judgments_of_unknown_queries: Listed = Listed()
    queries_with_passage_ids: int = 0
    queries_as_passages: int = 0
    grades: Mapping[int, int] = field(default_factory=dict)
    words: Mapping[str, int] = field(default_factory=dict)
    longest: int = 0
    over_512: int = 0
    not_read: tuple[NotRead, ...] = ()
    met_by_form: Listed = Listed()
    queries_met_by_form: Listed = Listed()
    windows_1252: tuple[str, ...] = ()
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON: lists for tuples, grades as text."""
        plain = asdict(self)
        plain["splits"] = list(self.splits)
        plain["windows_1252"] = list(self.windows_1252)
        plain["first_without_judgments"] = list(self.first_without_judgments)
        plain["not_read"] = [{**item, "files": list(item["files"])} for item in plain["not_read"]]
        plain["files"] = {role: list(names) for role, names in self.files.items()}
        plain["grades"] = {str(grade): count for grade, count in self.grades.items()}
        for name in _LISTS:
            plain[name]["first"] = list(plain[name]["first"])
        return cast("dict[str, Any]", _printable(plain))

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> ImportReport:
        """The inverse of `to_dict`; what is missing gets its default."""
        values = dict(plain)
        for name in _LISTS & values.keys():
            values[name] = Listed(values[name]["count"], tuple(values[name]["first"]))
        if "not_read" in values:
            values["not_read"] = tuple(NotRead.from_dict(item) for item in values["not_read"])
        for name in {"splits", "windows_1252", "first_without_judgments"} & values.keys():
            values[name] = tuple(values[name])
        if "files" in values:
            values["files"] = {role: tuple(names) for role, names in values["files"].items()}
        if "grades" in values:
            values["grades"] = {int(grade): count for grade, count in values["grades"].items()}
        return cls(**values)


_LISTS = {
    "conflicting_docs",
    "conflicting_queries",
    "docs_without_text",
    "judgments_of_unknown_queries",
    "met_by_form",
    "queries_met_by_form",
}


def _printable(value: Any) -> Any:
    """Names of files as they can be stored: their bytes need not be UTF-8."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list | tuple):
        return [_printable(item) for item in value]
    return {name: _printable(item) for name, item in value.items()} if isinstance(value, dict) else value


_NONE = Listed()


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """Counts of passages and grades; `preview`: nothing was changed yet.

    `added`, `replaced` (text, title or metadata differ), `unchanged` and `removed` passages; `old_pieces`: those of
    the removed that text files no longer have. `passages`: how many there are afterwards. `unknown`: ids to remove that
    are no passage. `same_docs`, `conflicting_docs`: ids that came again, with the same or another content; the first
    one counts. `empty_texts`: added or replaced passages without text.
    `stale_grades`: grades in force whose passage was added or replaced here and now reads otherwise than when it was
    graded. `orphaned_grades`: those whose passage was removed here. `returned_grades`: those whose passage was gone
    and was added here again. All of them are kept, and count.
    `fingerprint`: of the passages before; `fingerprint_now`: afterwards ("" in a preview). `not_read`: files and
    columns that were left out. `windows_1252`: files that were read as Windows-1252. `seconds`: how long it took.
    """

    preview: bool = False
    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    removed: int = 0
    old_pieces: int = 0
    passages: int = 0
    unknown: Listed = _NONE
    same_docs: int = 0
    conflicting_docs: Listed = _NONE
    empty_texts: int = 0
    stale_grades: int = 0
    orphaned_grades: int = 0
    returned_grades: int = 0
    fingerprint: str = ""
    fingerprint_now: str = ""
    not_read: tuple[NotRead, ...] = ()
    windows_1252: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def changes(self) -> bool:
        """Whether any passage is another one afterwards."""
        return bool(self.added or self.replaced or self.removed)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        plain = asdict(self)
        plain["not_read"] = [{**item, "files": list(item["files"])} for item in plain["not_read"]]
        plain["windows_1252"] = list(self.windows_1252)
        for name in _CHANGE_LISTS:
            plain[name]["first"] = list(plain[name]["first"])
        return cast("dict[str, Any]", _printable(plain))

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> ChangeReport:
        """The inverse of `to_dict`."""
        lists = {name: Listed(plain[name]["count"], tuple(plain[name]["first"])) for name in _CHANGE_LISTS}
        not_read = tuple(NotRead.from_dict(item) for item in plain.get("not_read", ()))
        encoded = tuple(plain.get("windows_1252", ()))
        return cls(**{**plain, **lists, "not_read": not_read, "windows_1252": encoded})


_CHANGE_LISTS = ("unknown", "conflicting_docs")
