"""Models that were trained here lie beside the workspace, and are kept under a name that holds when both are moved."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from sqlite_utils import Database

from rerank_core.errors import WorkspaceError
from rerank_core.store.dense_models import get_dense_models
from rerank_core.store.systems import get_systems

KEPT = "trained:"


def folder_beside(workspace: Path) -> Path:
    """The folder of these models, by the workspace's path."""
    return workspace.absolute().parent / "trained"


def as_kept(workspace: Path, source: str) -> str:
    """Give "trained:NAME" for a folder that lies there; whatever else names a model stays as it is."""
    path = Path(source)
    return f"{KEPT}{path.name}" if path.is_absolute() and path.parent == folder_beside(workspace) else source


def as_source(workspace: Path, kept: str) -> str:
    """The folder that `as_kept` named, where the workspace lies now; a name that is none stays as it is."""
    name = kept.removeprefix(KEPT)
    if name == kept or not name or name != Path(name).name or name == "..":
        return kept
    return str(folder_beside(workspace) / name)


def copy_trained(db: Database, source: Path, target: Path) -> None:
    """Copy what systems and dense models of `db` name, from beside one workspace to beside another.

    A model never changes under its name, so one that is there already stays; one that is gone is left out. Raises
    WorkspaceError where one cannot be copied; half of one is never left.
    """
    if folder_beside(source) == folder_beside(target):
        return
    for name in _names(db):
        model, made = folder_beside(source) / name, folder_beside(target) / name
        if model.is_dir() and not made.exists():
            part = made.with_name(f".{name}.{os.getpid()}.part")
            try:
                shutil.copytree(model, part)
                part.replace(made)
            except OSError as error:
                shutil.rmtree(part, ignore_errors=True)
                raise WorkspaceError(f"The trained model {model} cannot be copied to {made}: {error}") from error


def _names(db: Database) -> list[str]:
    tables = set(db.table_names())  # a backup may be of an older version
    rows = get_systems(db).values() if "system" in tables else ()
    sources = [row.model.partition(":")[2] for row in rows]
    # a system that finds its own candidates
    first_stages = [row.settings.get("settings") for row in rows]
    sources += [str(one.get("dense_model", "")) for one in first_stages if isinstance(one, dict)]
    if "dense_model" in tables:
        sources += [str(settings.get("name", "")) for settings in get_dense_models(db).values()]
    named = {source.removeprefix(KEPT) for source in sources if source.startswith(KEPT)}
    return sorted(name for name in named if name and name == Path(name).name and name != "..")
