"""The files of a folder at any depth: the regular ones, and what else lies there."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from rerank_core.corpus.formats.regular import refuse_mode, unreadable
from rerank_core.errors import BadInputError

LEADS_OUT = "a link that leads out of the folder"


@dataclass(slots=True)
class Found:
    """What a folder holds, by relative path. `files`: regular ones, also behind a link.

    `others`: (path, kind) of what is never opened: a pipe, a device, a link that leads out of the folder, nowhere or to
    a folder.
    `hidden`: how many files and folders have a name that begins with a dot.
    """

    files: list[Path] = field(default_factory=list)
    others: list[tuple[Path, str]] = field(default_factory=list)
    hidden: int = 0


def walk(root: Path) -> Found:
    """What lies under `root`; links to folders are not followed. Raises BadInputError for an unreadable folder."""
    found, waiting = Found(), [str(root)]
    while waiting:  # no recursion: a folder may lie a thousand deep
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        found.hidden += 1
                    elif entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        _sort_in(entry, found, root)
        except OSError as error:
            raise unreadable(Path(error.filename or folder), error) from error
    found.files.sort(key=lambda path: path.relative_to(root).as_posix())
    found.others.sort()
    return found


def _sort_in(entry: os.DirEntry[str], found: Found, root: Path) -> None:
    path = Path(entry.path)
    try:
        if entry.is_file(follow_symlinks=False):
            found.files.append(path)
            return
        is_within = path.resolve(strict=True).is_relative_to(root.resolve())
        refuse_mode(path, entry.stat().st_mode)
        if is_within:
            found.files.append(path)
        else:
            found.others.append((path, LEADS_OUT))
    except BadInputError as error:
        kind = error.problem.removeprefix("it is ")
        found.others.append((path, "a link to a folder" if entry.is_symlink() and entry.is_dir() else kind))
    except (OSError, RuntimeError):  # RuntimeError: a circle of links
        found.others.append((path, "a link that leads nowhere"))
