"""Where a workspace keeps what a reranker makes of passages, and what it may share with dense retrieval."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rerank_core.rerankers.catalogue.local_folder import folder_of
from rerank_core.rerankers.catalogue.model import Model
from rerank_core.rerankers.catalogue.model_key import model_key
from rerank_core.rerankers.local.passage_memory import Kept
from rerank_core.retrieval.encoder import find_model
from rerank_core.retrieval.encoder import model_key as encoder_key
from rerank_core.store.passages import StoredPassages
from rerank_core.store.vectors import StoredVectors
from rerank_core.store.workspace import Workspace

FOLDER = "passages"


def kept_passages(workspace: Workspace, model: Model, settings: Mapping[str, Any]) -> Kept | None:
    """The stores for one model; None for a service. Raises SettingsError for settings that it does not take."""
    if model.hosting != "local":
        return None
    name = model_key(model, settings)
    vector_name = _dense_key(model, settings) or name
    return Kept(name, vector_name, StoredPassages(workspace.index_folder / FOLDER), StoredVectors(workspace))


def _dense_key(model: Model, settings: Mapping[str, Any]) -> str:
    """The name of dense retrieval's vectors, where it makes the same ones of a text; "" where it would not.

    It takes the model's own length, and the type that the weights are stored in.
    """
    own = model.checked(settings)
    if model.family != "bi-encoder" or own["max_length"] is not None or own["precision"] != "exact":
        return ""
    folder, found = folder_of(model), find_model(model.source)
    if folder is None or found is None or folder.resolve() != found.resolve() or own.get("trust_remote_code"):
        return ""
    return encoder_key(model.source, found) if model.source == "bundled" or _is_float32(folder) else ""


def _is_float32(folder: Path) -> bool:
    config = json.loads((folder / "config.json").read_text("utf-8"))
    return bool((config.get("dtype") or config.get("torch_dtype")) == "float32")
