"""The place of the workspace's file: whether there can be one, who may read it, and whether it can be written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from rerank_core.errors import WorkspaceError

_BESIDE = ("", "-wal", "-shm", ".lock", ".worker.lock", ".import.lock", ".worker.log", ".bell")
_FOLDERS = (".index", ".uploads")
_OTHERS = 0o077


def beside(path: Path, ending: str) -> Path:
    """The file or folder of this ending that belongs to the workspace at `path`."""
    return path.with_name(path.name + ending)


def ensure_file(path: Path, create: bool) -> bool:
    """Make sure that a file lies at `path`, and return whether it was made: empty, and for its owner alone.

    Raises WorkspaceError where nothing lies there and `create` is False, where something else than a file does, and
    where none can be made.
    """
    try:
        kind = path.stat().st_mode
    except FileNotFoundError:
        return _make(path, create)
    except (OSError, ValueError) as error:
        raise WorkspaceError(f"{str(path)!r} cannot be opened as a workspace: {_reason(error)}.") from error
    if not stat.S_ISREG(kind):
        what = "it is a folder" if stat.S_ISDIR(kind) else "it is not a regular file"
        raise WorkspaceError(f"{path} cannot be opened as a workspace: {what}.")
    return False


def _make(path: Path, create: bool) -> bool:
    if path.name == ":memory:":
        raise WorkspaceError("':memory:' cannot be opened as a workspace: it has to be a file.")
    if not create:
        raise WorkspaceError(f"There is no workspace at {path}.")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError as error:
        if not path.parent.is_dir():
            raise WorkspaceError(f"No workspace can be made at {path}: {path.parent} is not a folder.") from error
        return False  # another process was faster
    except (OSError, ValueError) as error:
        raise WorkspaceError(f"No workspace can be made at {path}: {_reason(error)}.") from error
    return True


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def why_only_read(path: Path) -> str:
    """Why nothing can be written into the workspace at `path`; "" where it can."""
    if not os.access(path, os.W_OK):
        return "its file cannot be written by this user"
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return f"nothing can be written into its folder {path.parent} by this user"
    return ""


def close_to_others(path: Path) -> None:
    """Take from others what they may do with the workspace's files; only those are touched that this user owns."""
    for ending in (*_BESIDE, *_FOLDERS):
        one = beside(path, ending)
        try:
            facts = one.lstat()
            if facts.st_uid == os.geteuid() and facts.st_mode & _OTHERS and not stat.S_ISLNK(facts.st_mode):
                one.chmod(stat.S_IMODE(facts.st_mode) & ~_OTHERS)
        except (OSError, AttributeError):  # not there, or a system without users
            continue


def make_private_folder(path: Path) -> None:
    """Make a folder for its owner alone, unless it is there or cannot be made."""
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return
