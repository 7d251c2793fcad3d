"""What a change of a dataset's passages did, or would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rerank_core.corpus.report import Listed, NotRead

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
    columns that were left out. `seconds`: how long it took.
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
    seconds: float = 0.0

    @property
    def changes(self) -> bool:
        """Whether any passage is another one afterwards."""
        return bool(self.added or self.replaced or self.removed)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        plain = asdict(self)
        plain["not_read"] = [{**item, "files": list(item["files"])} for item in plain["not_read"]]
        for name in _LISTS:
            plain[name]["first"] = list(plain[name]["first"])
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> ChangeReport:
        """The inverse of `to_dict`."""
        lists = {name: Listed(plain[name]["count"], tuple(plain[name]["first"])) for name in _LISTS}
        not_read = tuple(NotRead.from_dict(item) for item in plain.get("not_read", ()))
        return cls(**{**plain, **lists, "not_read": not_read})


_LISTS = ("unknown", "conflicting_docs")
