"""What a person chose of how files are read, where the guess is wrong: parts, columns, headers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rerank_core.corpus.formats.columns import ROLES, USUAL, Columns, Role
from rerank_core.corpus.survey.names import Part
from rerank_core.errors import BadInputError, SettingsError

EVERY_FILE = ""
"""Stands for the name of any file."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices, each by the file's path, its path below the folder that is read, or its name.

    `columns`: names of the passages' fields in any file. `parts`: file -> the part it plays. `roles`: file -> column ->
    what the column holds; `EVERY_FILE` for a column in whichever files have it. `headers`: file -> whether the
    first row of the table names its columns. `elsewhere`: files that are read beside those of the path.
    """

    columns: Columns = USUAL
    parts: Mapping[str, Part] = field(default_factory=dict)
    roles: Mapping[str, Mapping[str, Role]] = field(default_factory=dict)
    headers: Mapping[str, bool] = field(default_factory=dict)
    elsewhere: tuple[Path, ...] = ()

    def part_of(self, path: Path, root: Path | None) -> Part | None:
        """The part of this file, None where nobody chose one."""
        return next((self.parts[name] for name in _names(path, root) if name in self.parts), None)

    def columns_of(self, path: Path, root: Path | None) -> Columns:
        """How the columns of this file are read."""
        own = next((self.roles[name] for name in _names(path, root) if name in self.roles), {})
        header = next((self.headers[name] for name in _names(path, root) if name in self.headers), None)
        everywhere = {name: role for name, role in self.roles.get(EVERY_FILE, {}).items() if name not in own}
        if not own and not everywhere and header is None:
            return self.columns
        roles = (*own.items(), *everywhere.items())
        return Columns(self.columns.id, self.columns.title, self.columns.text, roles, header, frozenset(everywhere))

    def refuse_unmet(self, root: Path, paths: Iterator[Path]) -> None:
        """Raise BadInputError where a file that is named is none of these, or of the path's own."""
        there = {name for path in (*paths, *self.elsewhere) for name in _names(path, root)}
        for name in (*self.parts, *self.roles, *self.headers):
            if name not in there and name != EVERY_FILE:
                what = f"to take for {self.parts[name]}" if name in self.parts else "whose columns were named"
                raise BadInputError(root, None, f"there is no file {name!r} {what}", "its name")


NO_CHOICES = Choices()


def _names(path: Path, root: Path | None) -> tuple[str, ...]:
    below = path.relative_to(root).as_posix() if root is not None and path.is_relative_to(root) else path.name
    return (str(path), below, path.name)


def parse_column(text: str) -> tuple[str, str, Role]:
    """("a.csv", "headline", "title") for "a.csv::headline=title"; without a file, `EVERY_FILE` stands in its place.

    Raises SettingsError where it is no column and role.
    """
    name, _, wanted = text.rpartition("=")
    file, parted, column = name.partition("::")
    if not parted:
        file, column = EVERY_FILE, name
    role = next((role for role in ROLES if role == wanted.strip().lower().replace("-", " ")), None)
    if not column.strip() or role is None or (parted and not file.strip()):
        raise SettingsError(
            f"'{text}' is no column and what it holds; write COLUMN=ROLE or FILE::COLUMN=ROLE, where ROLE is "
            f"{', '.join(ROLES)}."
        )
    return file.strip(), column.strip(), role


def parse_header(text: str) -> tuple[str, bool]:
    """("a.csv", False) for "a.csv=no". Raises SettingsError where it is no file with yes or no behind it."""
    name, _, answer = text.rpartition("=")
    if not name.strip() or answer.strip().lower() not in ("yes", "no"):
        raise SettingsError(f"'{text}' does not say whether a file has a header; write FILE=yes or FILE=no.")
    return name.strip(), answer.strip().lower() == "yes"
