"""What an import would read, before it: each file's part and columns with the reason, and what it still lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from rerank_core.corpus.formats.columns import NEEDED
from rerank_core.corpus.formats.regular import is_folder, open_regular
from rerank_core.corpus.formats.walk import walk
from rerank_core.corpus.survey.choices import NO_CHOICES, Choices
from rerank_core.corpus.survey.column_look import ColumnLook
from rerank_core.corpus.survey.look import FileLook, look_freely
from rerank_core.corpus.survey.names import Part
from rerank_core.corpus.survey.survey import in_folder, settle
from rerank_core.errors import BadInputError, printable


@dataclass(frozen=True, slots=True)
class Preview:
    """The files, and `problems`: what has to be chosen or changed first, a sentence each."""

    files: tuple[FileLook, ...]
    problems: tuple[str, ...] = ()

    def agreed(self, choices: Choices) -> Choices:
        """The choices, and with them what is proposed where it is not sure: an import of it agrees to that."""
        parts: dict[str, Part] = dict(choices.parts)
        roles = {file: dict(given) for file, given in choices.roles.items()}
        headers = dict(choices.headers)
        for seen in self.files:
            unsure = {field.name: field.role for field in seen.fields if not field.sure}
            if seen.part == "queries" and not any(field.role == "id" for field in seen.fields):
                unsure |= {field.name: field.role for field in seen.fields if field.role == "text"}
            if not seen.sure:
                parts[seen.name] = seen.part
            if unsure:
                roles[seen.name] = unsure | roles.get(seen.name, {})
            if seen.header is not None and (unsure or not seen.sure):
                headers[seen.name] = seen.header
        return replace(choices, parts=parts, roles=roles, headers=headers)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        files = [_printable({**asdict(seen), "path": str(seen.path)}) for seen in self.files]
        return {"files": files, "problems": [printable(text) for text in self.problems]}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Preview:
        """The inverse of `to_dict`."""
        return cls(tuple(map(_file, plain["files"])), tuple(plain["problems"]))


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list | tuple):
        return [_printable(item) for item in value]
    return {name: _printable(item) for name, item in value.items()} if isinstance(value, dict) else value


def _file(plain: Mapping[str, Any]) -> FileLook:
    values = {each.name: plain[each.name] for each in fields(FileLook)}
    return FileLook(**{
        **values,
        "path": Path(values["path"]),
        "columns": tuple(values["columns"]),
        "rows": tuple(map(tuple, values["rows"])),
        "unused": tuple(values["unused"]),
        "notes": tuple(values["notes"]),
        "fields": tuple(ColumnLook(**each) for each in values["fields"]),
    })  # fmt: skip


def preview(path: Path, choices: Choices = NO_CHOICES, needs_passages: bool = True) -> Preview:
    """What an import of `path` with these choices would read; of each file only its beginning is looked at.

    Raises BadInputError where `path` is nothing, cannot be listed, or has no file that the choices name.
    """
    problems: list[str] = []
    if is_folder(path):
        there = walk(path)
        choices.refuse_unmet(path, iter(there.files))
        looks = list(in_folder(path, there, choices, strict=False))
        try:
            looks = settle(path, looks)
        except BadInputError as error:
            problems.append(f"{error.problem[:1].upper()}{error.problem[1:]}: choose which of them are read.")
    else:
        open_regular(path).close()
        choices.refuse_unmet(path, iter((path,)))
        looks = [look_freely(path, choices.columns_of(path, None), choices.part_of(path, None))]
    problems += [sentence for seen in looks for sentence in _missing(seen)]
    if needs_passages and not any(seen.part == "passages" for seen in looks):
        problems.append(_no_passages(looks))
    return Preview(tuple(looks), tuple(problems))


def _no_passages(looks: Sequence[FileLook]) -> str:
    if len(looks) == 1:
        return (
            f"{looks[0].name}: no passages are seen. Say which of its columns has the texts, or add one that has them."
        )
    return "None of the files has passages. Say which one does, and which of its columns has the texts."


def _missing(seen: FileLook) -> Iterable[str]:
    """What a file lacks to be read in its part."""
    if not seen.fields:
        return
    there = {field.role for field in seen.fields}
    for role in NEEDED.get(seen.part, ()):
        if role not in there:
            yield f"{seen.name}: choose the column of the {role}, or say that the file is not read."
