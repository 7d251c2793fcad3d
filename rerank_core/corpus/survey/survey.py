"""Looking at a whole folder: which files make up the dataset, and which are left out, each with the reason."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from rerank_core.corpus.formats import folder
from rerank_core.corpus.formats.file_format import DATA
from rerank_core.corpus.formats.lines import plain_suffix, unreadable
from rerank_core.corpus.formats.links import why_not_followed
from rerank_core.corpus.formats.record import USUAL, Columns
from rerank_core.corpus.survey.look import AS_SAID, FileLook, look_at, look_inside
from rerank_core.corpus.survey.names import Part, claimed, home, is_about, is_list, stem
from rerank_core.corpus.survey.shapes import A_TEXT
from rerank_core.errors import BadInputError

TEXTS = "texts"
"""The kind of the one look at all texts of a folder."""
_LISTS: tuple[Part, ...] = ("passages", "queries", "grades")
HIDDEN = "hidden files and folders"
LINK = "a link"
FOLDER_LINK = "links to folders are not followed"


def look(path: Path, columns: Columns = USUAL, parts: Mapping[str, Part] | None = None) -> tuple[FileLook, ...]:
    """What a file, or each file of a folder at any depth, is taken for; nothing is imported.

    `columns`: the names that the user chose for the fields of passages. `parts`: file -> part as the user says, by its
    path, its path below the folder, or its name. Raises BadInputError where `path` is nothing, for a file of records
    that cannot be read or claims a part and does not fit it, for a name in `parts` that is no file, and where several
    folders hold a dataset each.
    """
    said = _Said(path, parts or {})
    if path.is_dir():
        looks = _settle(path, list(_in_folder(path, columns, said)))
    else:
        looks = [look_at(path, columns, said.part(path))]
    said.refuse_unmet()
    return tuple(looks)


@dataclass(slots=True)
class _Said:
    """The parts that the user named."""

    root: Path
    parts: Mapping[str, Part]
    met: set[str] = field(default_factory=set)

    def part(self, path: Path) -> Part | None:
        """The part of this file, None where nothing is said of it."""
        below = path.relative_to(self.root).as_posix() if path != self.root else path.name
        for name in (str(path), below, path.name):
            if name in self.parts:
                self.met.add(name)
                return self.parts[name]
        return None

    def refuse_unmet(self) -> None:
        """Raise BadInputError where a named file is not there."""
        for name in self.parts:
            if name not in self.met:
                raise BadInputError(
                    self.root, None, f"there is no file {name!r} to take for {self.parts[name]}", "its name"
                )


def _in_folder(root: Path, columns: Columns, said: _Said) -> Iterator[FileLook]:
    files, hidden, linked = _walk(root)
    unpacked = set(files)
    records = any(plain_suffix(path.name) in DATA for path in files)
    parts = records or any(is_list(path) for path in files)
    texts: list[Path] = []
    for path in files:
        asked = said.part(path)
        if asked is not None:
            yield look_at(path, columns, asked, root)
        elif path.suffix.lower() == ".gz" and path.with_suffix("") in unpacked:
            name = path.relative_to(root).as_posix()
            yield FileLook(path, name, "not read", "the same file lies beside it unpacked", "a gzip archive")
        elif _is_prose(path) and not (records or is_list(path) or (parts and is_about(path))):
            texts.append(path)  # not even opened: there may be many
        else:
            seen = look_inside(path, root, columns)
            if seen.part != "passages" or not _is_prose(path):
                yield seen
            elif is_about(path):
                yield seen.left_out("it tells about the data")
            elif records and seen.why != A_TEXT:
                yield seen.left_out(seen.why)
            else:
                texts.append(path)
    if texts:
        rows = tuple((path.relative_to(root).as_posix(),) for path in texts[:3])
        yield FileLook(root, "", "passages", "each text is cut into passages", TEXTS, ("file",), rows, files=len(texts))
    yield from linked
    if hidden:
        yield FileLook(root, "", "not read", "their names begin with a dot", HIDDEN, files=hidden)


def _is_prose(path: Path) -> bool:
    return plain_suffix(path.name) in folder.SUFFIXES


def _walk(root: Path) -> tuple[list[Path], int, list[FileLook]]:
    """The files at any depth by their relative path, how many files and folders are hidden, links not followed."""
    found: list[Path] = []
    linked: list[FileLook] = []
    hidden = 0
    for place, folders, names in os.walk(root, onerror=_refuse_folder):
        shown = [name for name in folders if not name.startswith(".")]
        visible = [name for name in names if not name.startswith(".")]
        hidden += len(folders) - len(shown) + len(names) - len(visible)
        folders[:] = sorted(shown)
        for path in (Path(place, name) for name in visible):
            if why := why_not_followed(path, root):
                linked.append(_link(path, root, why))
            else:
                found.append(path)
        links = (path for name in shown if (path := Path(place, name)).is_symlink())
        linked += [_link(path, root, why_not_followed(path, root) or FOLDER_LINK) for path in links]
    return (
        sorted(found, key=lambda path: path.relative_to(root).as_posix()),
        hidden,
        sorted(linked, key=lambda seen: seen.name),
    )


def _link(path: Path, root: Path, why: str) -> FileLook:
    return FileLook(path, path.relative_to(root).as_posix(), "not read", why, LINK)


def _refuse_folder(error: OSError) -> None:
    raise unreadable(Path(error.filename), error)


def _settle(root: Path, looks: list[FileLook]) -> list[FileLook]:
    """Out of what the files are taken for on their own, one dataset."""
    records = [seen for seen in looks if seen.part == "passages" and seen.kind != TEXTS]
    if records:
        looks = [_beside_data(seen) for seen in looks]
        place = _home_of(root, [PurePath(seen.name) for seen in records])
        for part in _LISTS:
            looks = _at_home(looks, part, place)
    for part in _LISTS[:2]:
        looks = _one_name(looks, part)
    return _grades_of_folder(looks)


def _beside_data(seen: FileLook) -> FileLook:
    texts = seen.kind == TEXTS and seen.part == "passages"
    return seen.left_out("a text beside files of records is no passage") if texts else seen


def _home_of(root: Path, names: Sequence[PurePath]) -> PurePath:
    """The folder of the dataset: the one that holds all homes of passages. Raises BadInputError where none does."""
    homes = sorted({home(name) for name in names}, key=lambda place: len(place.parts))
    if any(homes[0] not in (place, *place.parents) for place in homes):
        there = ", ".join(sorted(place.as_posix() for place in homes)[:5])
        raise BadInputError(root, None, f"several folders hold passages ({there})", "the folder of one dataset")
    return homes[0]


def _at_home(looks: list[FileLook], part: Part, place: PurePath) -> list[FileLook]:
    """Of files that play one part, those of the dataset's folder, where it has any."""
    there = [seen.part == part and bool(seen.name) and home(PurePath(seen.name)) == place for seen in looks]
    if not any(there):
        return looks
    why = "it lies in another folder than the passages"
    spare = [seen.part == part and seen.why != AS_SAID and not kept for seen, kept in zip(looks, there, strict=True)]
    return [seen.left_out(why) if left else seen for seen, left in zip(looks, spare, strict=True)]


def _one_name(looks: list[FileLook], part: Part) -> list[FileLook]:
    """A file of passages called corpus, as BEIR's, is all of them; the same for queries."""
    usual = "corpus" if part == "passages" else "queries"
    if not any(seen.part == part and stem(seen.path) == usual for seen in looks):
        return looks
    why = f"the {part} are read from '{usual}' alone"
    spare = [seen.part == part and stem(seen.path) != usual and seen.why != AS_SAID for seen in looks]
    return [seen.left_out(why) if left else seen for seen, left in zip(looks, spare, strict=True)]


def in_grades_folder(seen: FileLook) -> bool:
    """Whether the file lies in a folder that is named for grades, such as qrels/."""
    return claimed(PurePath(seen.name).parent).part == "grades"


def _grades_of_folder(looks: list[FileLook]) -> list[FileLook]:
    """Where a folder such as qrels/ holds grades, those beside it are not read."""
    if not any(seen.part == "grades" and in_grades_folder(seen) for seen in looks):
        return looks
    why = "the grades are read from their folder alone"
    spare = [seen.part == "grades" and not in_grades_folder(seen) and seen.why != AS_SAID for seen in looks]
    return [seen.left_out(why) if left else seen for seen, left in zip(looks, spare, strict=True)]


def texts_left_out(looks: Iterable[FileLook]) -> frozenset[Path]:
    """The text files that are looked at on their own, and so are no passages of their folder."""
    return frozenset(seen.path for seen in looks if seen.name and plain_suffix(seen.path.name) in folder.SUFFIXES)
