"""Which paths of this machine an import may read, where others use the app too."""

from __future__ import annotations

import os
from pathlib import Path

from rerank_core.errors import SettingsError
from rerank_core.store.uploads import uploads_folder
from rerank_core.store.workspace import Workspace

VARIABLE = "RERANK_LENS_IMPORT_ROOTS"
"""Folders, with the system's separator of paths between them. Not set: any path. Set and empty: none."""


def import_roots() -> tuple[Path, ...] | None:
    """The folders that imports are kept to; () where no path may be named, None where any may."""
    value = os.environ.get(VARIABLE)
    if value is None:
        return None
    return tuple(Path(part).expanduser().resolve() for part in value.split(os.pathsep) if part.strip())


def close_paths() -> None:
    """Let no path be named, in this process and the worker that it starts, unless the environment names roots."""
    os.environ.setdefault(VARIABLE, "")


def named_path(text: str) -> Path:
    """The path that a person typed, "~" spelled out. Raises SettingsError where it leads nowhere or may not be read."""
    try:
        path = Path(text).expanduser()
        is_there = path.exists()
        if "\0" in text:  # exists() says False
            raise ValueError
    except RuntimeError:
        raise SettingsError(f"There is no such user: {_short(text)}. Write the whole path.") from None
    except (OSError, ValueError):
        # too long, a part that is no folder, a sign that no path has
        raise SettingsError(f"{_short(text)} is no path that this machine can have.") from None
    if import_roots() is not None:
        refuse_outside(path, None)
    if not is_there:
        raise SettingsError(f"There is nothing at {_short(text)}.")
    return path


def refuse_folder(name: str, roots: tuple[Path, ...] | None = None) -> None:
    """Raise SettingsError where a model's name, "org/model", is a folder's instead, outside of the roots.

    `roots`: in place of those of the environment.
    """
    try:
        path = Path(name).expanduser()
        if name.startswith((".", "~")) or path.is_absolute() or path.exists():
            refuse_outside(path, None, roots)
    except (OSError, RuntimeError, ValueError):
        raise SettingsError(f"{_short(name)} is neither a model's name nor a folder's.") from None


def refuse_outside(path: Path, workspace: Workspace | None, roots: tuple[Path, ...] | None = None) -> None:
    """Raise SettingsError for a path outside of the roots and of the workspace's uploads, links followed.

    What is outside is refused in the same words whether it is there or not.
    """
    roots = import_roots() if roots is None else roots
    if roots is None:
        return
    allowed = (*roots, uploads_folder(workspace).resolve()) if workspace is not None else roots
    try:
        real = path.resolve()
    except (OSError, RuntimeError, ValueError):
        real = None
    if real is None or not any(real.is_relative_to(root) for root in allowed):
        within = f"; named are {', '.join(map(str, roots))}" if roots else ""
        raise SettingsError(f"Paths on this machine are read only within the folders that {VARIABLE} names{within}.")


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}…"
