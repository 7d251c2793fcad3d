"""Models that were trained here lie beside the workspace, and are kept under a name that holds when both are moved."""

from __future__ import annotations

import os
import shutil
from glob import escape
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


def left_by(db: Database, workspace: Path, *, system: str = "", dense_model: str = "") -> Path | None:
    """The folder that nothing names any more once this system or dense model is gone; None where there is none."""
    alone = set(_names(db)) - set(_names(db, system, dense_model))
    folders = [folder_beside(workspace) / name for name in sorted(alone)]
    return next((folder for folder in folders if folder.is_dir()), None)


def delete_trained(workspace: Path, folder: Path) -> None:
    """Delete a model that was trained here, with what lies beside it of its training.

    Raises WorkspaceError for a folder that lies elsewhere, and where the system does not let it go.
    """
    if folder.parent != folder_beside(workspace) or folder.name in ("", ".."):
        raise WorkspaceError(f"{folder} was not trained in this workspace.")
    try:
        shutil.rmtree(folder)
        for more in folder.parent.glob(f"{escape(folder.name)}.*"):
            more.unlink() if more.is_file() else shutil.rmtree(more)
    except OSError as error:
        raise WorkspaceError(f"{folder} cannot be deleted: {error}") from error


def _names(db: Database, but_system: str = "", but_dense_model: str = "") -> list[str]:
    """Of the folders that systems and dense models name, but for one of each."""
    tables = set(db.table_names())  # a backup may be of an older version
    added = get_systems(db) if "system" in tables else {}
    rows = [row for name, row in added.items() if name != but_system]
    sources = [row.model.partition(":")[2] for row in rows]
    # a system that finds its own candidates
    first_stages = [row.settings.get("settings") for row in rows]
    sources += [str(one.get("dense_model", "")) for one in first_stages if isinstance(one, dict)]
    if "dense_model" in tables:
        models = get_dense_models(db).items()
        sources += [str(settings.get("name", "")) for name, settings in models if name != but_dense_model]
    named = {source.removeprefix(KEPT) for source in sources if source.startswith(KEPT)}
    return sorted(name for name in named if name and name == Path(name).name and name != "..")
