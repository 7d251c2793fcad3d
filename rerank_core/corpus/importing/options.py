"""How a dataset is imported, as a person or a program says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rerank_core.corpus.formats.chunking import check_chunking
from rerank_core.corpus.formats.columns import ROLES, SEVERAL, Columns, Role
from rerank_core.corpus.formats.trec import LARGEST_GRADE
from rerank_core.corpus.survey.choices import Choices
from rerank_core.corpus.survey.names import PARTS, Part
from rerank_core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import; plain JSON values.

    `split`: whose judgments to take from a BEIR folder; None: 'test' where there is one, else all of them.
    `all_queries`: also the queries of a BEIR folder that have no judgment in these splits. `queries`, `qrels`: paths
    of files to read instead of those that lie in the source. `id_field`, `title_field`, `text_field`: names of the
    passages' fields in JSONL, tables and Parquet; None: the usual ones. `parts`: file (its path, its path below the
    source, or its name) -> the part it plays (`survey.names.PARTS`), where the guess is wrong. `roles`: file ("": any)
    -> column -> what it holds (`formats.columns.ROLES`); `headers`: file -> whether the first row of the table names
    its columns, where a guess is wrong. `chunk_words`,
    `overlap_words`: how .txt and .md files are cut (0: not at all). `max_grade`: the scale's highest grade; None: the
    highest in the judgments, and 3 without any. Raises SettingsError.

    >>> import rerank_core as rl
    >>> options = rl.ImportOptions(text_field="text", all_queries=True)
    >>> rl.import_dataset(rl.Workspace(), "all birds", "birds", options).queries
    2
    """

    split: str | None = None
    all_queries: bool = False
    queries: str | None = None
    qrels: str | None = None
    id_field: str | None = None
    title_field: str | None = None
    text_field: str | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)
    roles: Mapping[str, Mapping[str, Role]] = field(default_factory=dict)
    headers: Mapping[str, bool] = field(default_factory=dict)
    chunk_words: int = 200
    overlap_words: int = 40
    max_grade: int | None = None

    def __post_init__(self) -> None:
        check_chunking(self.chunk_words, self.overlap_words)
        for name, part in self.parts.items():
            if part not in PARTS:
                raise SettingsError(f"'{part}' is no part for {name}; there are {', '.join(PARTS)}.")
        for file, roles in self.roles.items():
            _check_roles(file, roles)
        if self.max_grade is not None and not 1 <= self.max_grade <= LARGEST_GRADE:
            raise SettingsError(f"max_grade is {self.max_grade}; it must lie between 1 and {LARGEST_GRADE}.")

    @property
    def choices(self) -> Choices:
        """What a person chose of how files are read."""
        elsewhere = tuple(Path(name) for name in (self.queries, self.qrels) if name)
        columns = Columns(self.id_field, self.title_field, self.text_field)
        return Choices(columns, self.parts, self.roles, self.headers, elsewhere)


DEFAULTS = ImportOptions()


def _check_roles(file: str, roles: Mapping[str, Role]) -> None:
    """Raise SettingsError for a role that there is not, and where two columns have one that only one can have."""
    for column, role in roles.items():
        if role not in ROLES:
            raise SettingsError(
                f"'{role}' is nothing that the column '{column}' can hold; there are {', '.join(ROLES)}."
            )
    for role in set(ROLES) - set(SEVERAL):
        twice = [column for column, given in roles.items() if given == role]
        if len(twice) > 1 and file:
            raise SettingsError(f"'{twice[0]}' and '{twice[1]}' of {file} are both its {role}; choose one of them.")
