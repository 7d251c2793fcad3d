"""Looking at a whole folder: which files make up the dataset, and which are left out, each with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath

from rerank_core.corpus.formats import folder
from rerank_core.corpus.formats.file_format import DATA
from rerank_core.corpus.formats.lines import plain_suffix
from rerank_core.corpus.formats.regular import is_folder
from rerank_core.corpus.formats.walk import LEADS_OUT, Found, walk
from rerank_core.corpus.survey.choices import NO_CHOICES, Choices
from rerank_core.corpus.survey.look import AS_SAID, FileLook, look_at, look_freely, look_inside
from rerank_core.corpus.survey.names import Part, claimed, home, is_about, is_list, stem
from rerank_core.corpus.survey.shapes import A_TEXT
from rerank_core.errors import BadInputError

TEXTS = "texts"
"""The kind of the one look at all texts of a folder."""
_LISTS: tuple[Part, ...] = ("passages", "queries", "grades")
HIDDEN = "hidden files and folders"


def look(path: Path, choices: Choices = NO_CHOICES) -> tuple[FileLook, ...]:
    """What a file, or each file of a folder at any depth, is taken for; nothing is imported.

    Raises BadInputError where `path` is nothing, for a file of records that cannot be read or claims a part and does
    not fit it, for a file that the choices name and that is not there, and where several folders hold a dataset each.
    """
    if not is_folder(path):
        choices.refuse_unmet(path, iter((path,)))
        return (look_at(path, choices.columns_of(path, None), choices.part_of(path, None)),)
    there = walk(path)
    choices.refuse_unmet(path, iter(there.files))
    return tuple(settle(path, list(in_folder(path, there, choices))))


def in_folder(root: Path, there: Found, choices: Choices, strict: bool = True) -> Iterator[FileLook]:
    """What each file of a folder is taken for on its own; not `strict`: what cannot be read is not, and says why."""
    files = there.files
    unpacked = set(files)
    records = any(plain_suffix(path.name) in DATA for path in files)
    parts = records or any(is_list(path) for path in files)
    texts: list[Path] = []
    for path in files:
        asked, columns = choices.part_of(path, root), choices.columns_of(path, root)
        if asked is not None:
            yield look_at(path, columns, asked, root) if strict else look_freely(path, columns, asked, root)
        elif path.suffix.lower() == ".gz" and path.with_suffix("") in unpacked:
            name = path.relative_to(root).as_posix()
            yield FileLook(path, name, "not read", "the same file lies beside it unpacked", "a gzip archive")
        elif _is_prose(path) and not (records or is_list(path) or (parts and is_about(path))):
            texts.append(path)  # not even opened: there may be many
        else:
            seen = look_inside(path, root, columns) if strict else look_freely(path, columns, None, root)
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
    yield from _never_read(root, there)


def _never_read(root: Path, there: Found) -> Iterator[FileLook]:
    for path, kind in there.others:
        why = "links are followed within the folder only" if kind == LEADS_OUT else "only regular files are read"
        yield FileLook(path, path.relative_to(root).as_posix(), "not read", why, kind)
    if there.hidden:
        yield FileLook(root, "", "not read", "their names begin with a dot", HIDDEN, files=there.hidden)


def _is_prose(path: Path) -> bool:
    return plain_suffix(path.name) in folder.SUFFIXES


def settle(root: Path, looks: list[FileLook]) -> list[FileLook]:
    """Out of what the files are taken for on their own, one dataset. Raises BadInputError where it would be several."""
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
