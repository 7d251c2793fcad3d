"""The dense models to choose from: the bundled one, then those that people added."""

from __future__ import annotations

from dataclasses import asdict

from rerank_core.errors import SettingsError
from rerank_core.retrieval.dense_model import BUNDLED, DenseModel
from rerank_core.store.dense_models import get_dense_models, put_dense_model
from rerank_core.store.trained_folders import as_kept, as_source
from rerank_core.store.workspace import Workspace
from rerank_core.text import shortened

LONGEST_NAME = 80


def dense_models(workspace: Workspace) -> dict[str, DenseModel]:
    """Name -> model, "bundled" first; one that this version cannot make out is left out."""
    with workspace.open() as db:
        added = get_dense_models(db)
    found = {BUNDLED: DenseModel()}
    for name, settings in added.items():
        try:
            source = as_source(workspace.path, str(settings.get("name", BUNDLED)))
            found.setdefault(name, DenseModel(**{**settings, "name": source}))
        except (SettingsError, TypeError):
            continue
    return found


def add_dense_model(workspace: Workspace, model: DenseModel, name: str = "") -> str:
    """Keep a model in the list and return its name there; `name` "": its label. The same name is replaced.

    Raises SettingsError for the name of the bundled one.
    """
    kept = shortened(" ".join((name or model.label).split()), LONGEST_NAME)
    if kept.casefold() in ("", BUNDLED):
        raise SettingsError(f"Give it a name of its own, not '{kept or BUNDLED}'.")
    with workspace.write() as db:
        put_dense_model(db, kept, {**asdict(model), "name": as_kept(workspace.path, model.name)})
    return kept
