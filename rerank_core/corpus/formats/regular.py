"""Opening a file of the user's: a regular one, and never one that waits (a pipe) or has no end (a device)."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from rerank_core.errors import BadInputError

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def open_regular(path: Path) -> BinaryIO:
    """The file's bytes, links followed. Raises BadInputError for what is no regular file, or cannot be opened."""
    try:
        refuse_mode(path, os.stat(path).st_mode)
        # it may be another file by now: nothing blocks while it is opened, and what was opened is asked again
        descriptor = os.open(path, _FLAGS)
        try:
            refuse_mode(path, os.fstat(descriptor).st_mode)
            return os.fdopen(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error


def refuse_mode(path: Path, mode: int) -> None:
    """Raise BadInputError unless `mode` is a regular file's."""
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "a special file")
        raise BadInputError(path, None, f"it is {kind}", "a regular file")


def is_folder(path: Path) -> bool:
    """Whether a folder is there, links followed. Raises BadInputError for a path that no system call takes."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error


def resolved(path: Path) -> Path:
    """The path without links. Raises BadInputError for one that no system call takes."""
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception, line: int | None = None) -> BadInputError:
    """What to raise where the system, or the unpacking, failed with `error`."""
    problem = getattr(error, "strerror", None) or str(error)
    return BadInputError(path, line, f"it cannot be read ({problem})", "a readable file")
